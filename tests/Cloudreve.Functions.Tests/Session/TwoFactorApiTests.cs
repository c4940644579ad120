using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Session;

public sealed class TwoFactorApiTests(ClockedApp clocked) : IClassFixture<ClockedApp>
{
    private AppFixture App => clocked.App;

    [Fact]
    public async Task Given_a_second_factor_when_signing_in_then_the_code_brings_the_tokens()
    {
        var (user, app) = await EnableAsync();

        var first = await SignInAsync(user);
        Assert.Equal(203, first.Code);
        var session = first.Data.GetString()!;
        Assert.True(Guid.TryParseExact(session, "D", out _));
        var wrong = await FinishAsync("000000x", session);
        var second = await FinishAsync(app.Code(clocked.Clock.GetUtcNow()), session);

        Assert.Equal(40022, wrong.Code);
        Assert.Equal(0, second.Code);
        Assert.Equal(user.Email, second.Data.GetProperty("user").GetProperty("email").GetString());
        Assert.NotEmpty(second.Data.GetProperty("token").GetProperty("refresh_token").GetString()!);
        Assert.Equal(404, (await FinishAsync(app.Code(clocked.Clock.GetUtcNow()), session)).Code);
    }

    [Fact]
    public async Task Given_a_wrong_code_when_the_user_looks_at_the_sign_ins_then_it_is_among_them()
    {
        var (user, app) = await EnableAsync();
        var client = App.CreateClient();
        var session = (await SignInAsync(user)).Data.GetString()!;
        // The failure is noted after its answer; on one connection the next request waits for that.
        Assert.Equal(40022, (await client.PostApiAsync("session/token/2fa", new { otp = "000000x", session_id = session })).Code);
        await client.GetApiAsync("site/ping");
        clocked.Clock.Advance(TimeSpan.FromSeconds(1));
        var code = app.Code(clocked.Clock.GetUtcNow());
        var tokens = (await client.PostApiAsync("session/token/2fa", new { otp = code, session_id = session })).Data.GetProperty("token");
        client.DefaultRequestHeaders.Authorization = new("Bearer", tokens.GetProperty("access_token").GetString());

        var logins = (await client.GetApiAsync("user/setting")).Data.GetProperty("login_activity").EnumerateArray();

        Assert.Equal([true, false], logins.Take(2).Select(login => login.GetProperty("success").GetBoolean()));
    }

    [Theory]
    [InlineData("{\"otp\":\"123456\"}", 40001)]
    [InlineData("{\"session_id\":\"1728791b-4e6a-4ac5-adf5-fa717a6b0919\"}", 40001)]
    [InlineData("{\"otp\":null,\"session_id\":\"1728791b-4e6a-4ac5-adf5-fa717a6b0919\"}", 40001)]
    [InlineData("{\"otp\":\"123456\",\"session_id\":\"x\"}", 404)]
    [InlineData("{\"otp\":\"123456\",\"session_id\":\"1728791b-4e6a-4ac5-adf5-fa717a6b0919\"}", 404)]
    public async Task Given_a_malformed_or_unknown_session_when_a_code_comes_then_the_code_is_the_documented_one(string body, int code) =>
        Assert.Equal(code, (await App.CreateClient().SendTextAsync(HttpMethod.Post, "session/token/2fa", body)).Code);

    private Task<ApiAnswer> SignInAsync(User user) =>
        App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password });

    private Task<ApiAnswer> FinishAsync(string otp, string session) =>
        App.CreateClient().PostApiAsync("session/token/2fa", new { otp, session_id = session });

    private async Task<(User User, AuthenticatorApp App)> EnableAsync()
    {
        var user = await App.CreateUserAsync();
        var client = await App.SignInAsync(user.Email);
        var app = new AuthenticatorApp((await client.GetApiAsync("user/setting/2fa")).Data.GetString()!);
        await App.Services.GetRequiredService<TwoFactorAuth>().EnableAsync(user, app.Code(clocked.Clock.GetUtcNow()), ClientAddress.Unknown);
        clocked.Clock.Advance(TimeSpan.FromMinutes(1));
        return (user, app);
    }
}
