using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

public sealed class AnswerHeadersTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("session/prepare?email=a@example.com", "no-store")]
    [InlineData("user/setting/2fa", "no-store")]
    [InlineData("user/me", "private, no-cache")]
    public async Task Given_an_answer_of_the_api_when_it_may_hold_secrets_then_no_cache_keeps_it(string path, string expected)
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = await app.SignInAsync();

        using var answer = await client.GetAsync("/api/v4/" + path);

        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Contains("default-src 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal(Words(expected), Words(string.Join(',', answer.Headers.GetValues("Cache-Control"))));

        static IEnumerable<string> Words(string value) => value.Split(',', StringSplitOptions.TrimEntries).Order();
    }

    [Theory]
    [InlineData("Production", true)]
    [InlineData("Development", false)]
    public async Task Given_an_environment_when_the_app_answers_then_only_a_deployed_one_demands_tls(string environment, bool expected)
    {
        await using var app = await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?> { ["AZURE_FUNCTIONS_ENVIRONMENT"] = environment });
        using var client = new HttpClient { BaseAddress = app.Address };

        foreach (var path in (string[])["/api/v4/site/ping", "/"])
        {
            using var answer = await client.GetAsync(path);
            Assert.Equal(expected, answer.Headers.Contains("Strict-Transport-Security"));
        }
    }
}
