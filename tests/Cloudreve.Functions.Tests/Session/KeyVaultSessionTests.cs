using System.Net;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Vaults;
using Xunit;

namespace Cloudreve.Functions.Tests.Session;

public sealed class KeyVaultSessionTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_key_vault_when_somebody_signs_in_then_its_key_signs_and_no_request_asks_it_again()
    {
        await using var vault = new KeyVaultServer();
        await using var app = await AppFixture.StartAsync(azurite, services => services.AddTokenKeyVault(vault.Options));

        using var client = await app.SignInAsync();
        vault.Secrets.TakeRequests();

        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
        Assert.Empty(vault.Secrets.TakeRequests());
        Assert.Equal((await app.GetSiteAsync()).Get(SiteSetting.SecretKey), Assert.Single(vault.Secrets.Versions).Value);
    }

    [Fact]
    public async Task Given_a_key_vault_that_does_not_answer_when_somebody_signs_in_then_the_answer_says_so()
    {
        await using var vault = new KeyVaultServer();
        vault.Secrets.Fail = _ => HttpStatusCode.ServiceUnavailable;
        await using var app = await AppFixture.StartAsync(azurite, services => services.AddTokenKeyVault(vault.Options));
        using var client = app.CreateClient();

        var answer = await client.PostApiAsync("session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password });

        Assert.Equal((int)ErrorCode.DatabaseError, answer.Code);
    }
}
