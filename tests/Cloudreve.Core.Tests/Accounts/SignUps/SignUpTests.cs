using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.SignUps;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Smtp;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.SignUps;

public sealed class SignUpTests(AzuriteServer azurite) : IAsyncLifetime
{
    private readonly SmtpServerDouble _server = new();
    private SignUpWorld _world = null!;

    public async ValueTask InitializeAsync() => _world = await SignUpWorld.CreateAsync(azurite, _server);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_of_a_sign_up_when_repeated_then_one_account_waits_with_a_mail(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            var email = $"jane{index}@example.com";
            var crash = new CrashPoint(index, fault);
            var process = await _world.RestartAsync(azurite, crash.Decide);
            crash.IsArmed = true;
            var failure = await Record.ExceptionAsync(() => RegisterAsync(process, email));
            Assert.True(failure is null or SimulatedCrashException, failure?.ToString());
            _world.Identity.Clock.Advance(TimeSpan.FromMinutes(1));

            var again = await Record.ExceptionAsync(() => RegisterAsync(_world, email));

            Assert.True(again is null or CloudreveException { Code: ErrorCode.ActivationMailSent }, again?.ToString());
            var user = await _world.Identity.Users.FindByEmailAsync(email);
            Assert.Equal(UserStatus.Inactive, user!.Status);
            string? last = null;
            while (await _world.TakeMessageAsync() is { } message)
                last = message;
            await _world.Mailer.SendAsync(last!);
            Assert.Equal(email, (await _server.ReceiveAsync()).To);
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_ten_who_sign_up_with_one_address_when_they_do_so_at_once_then_there_is_one_account()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            var process = await _world.RestartAsync(azurite);
            return await Record.ExceptionAsync(() => RegisterAsync(process, "jane@example.com"));
        }));

        Assert.Single(results, error => error is null);
        Assert.All(
            results.OfType<CloudreveException>(), error => Assert.True(error.Code is ErrorCode.ActivationMailSent or ErrorCode.MailInUse, error.Message));
        Assert.Equal(2, await _world.Identity.Users.ScanIdsAsync().CountAsync());
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_of_an_activation_when_it_succeeds_or_repeats_then_it_is_active(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            var user = await _world.Identity.Users.CreateAsync(new NewUser($"jane{index}@example.com", null, 2) { Status = UserStatus.Inactive });
            var crash = new CrashPoint(index, fault);
            var process = await _world.RestartAsync(azurite, crash.Decide);
            crash.IsArmed = true;

            var error = await Record.ExceptionAsync(() => process.SignUp.ActivateAsync(user.Id, _ => { }));

            Assert.True(error is null or SimulatedCrashException, error?.ToString());
            if (error is not null)
                await Record.ExceptionAsync(() => _world.SignUp.ActivateAsync(user.Id, _ => { }));
            Assert.Equal(UserStatus.Active, (await _world.Identity.Users.FindAsync(user.Id))!.Status);
            if (!crash.Struck)
                return;
        }
    }

    private static async Task RegisterAsync(SignUpWorld world, string email) =>
        await world.SignUp.RegisterAsync(await world.GetSiteAsync(), new NewAccount(email, "long enough", null, SignUpWorld.Site, ClientAddress.Unknown));
}
