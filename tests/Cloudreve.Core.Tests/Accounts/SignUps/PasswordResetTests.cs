using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Smtp;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.SignUps;

public sealed class PasswordResetTests(AzuriteServer azurite) : IAsyncLifetime
{
    private const string Email = "jane@example.com";
    private const string NewPassword = "another horse";

    private readonly SmtpServerDouble _server = new();
    private SignUpWorld _world = null!;
    private User _user = null!;

    public async ValueTask InitializeAsync()
    {
        _world = await SignUpWorld.CreateAsync(azurite, _server);
        _user = await _world.Identity.CreateUserAsync(Email);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Given_a_request_when_mail_is_sent_and_password_replaced_then_it_costs_five_and_three_calls()
    {
        var site = await _world.GetSiteAsync();
        using var asking = _world.Identity.Layout.Account.Transactions.Measure();
        await _world.Resets.AskAsync(site, SignUpWorld.Site, Email, null);
        Assert.Equal(5, asking.Total);
        var secret = await _world.FindSecretAsync(_user.Id);

        using var finishing = _world.Identity.Layout.Account.Transactions.Measure();
        await _world.Resets.FinishAsync(site, _user.Id, secret!, NewPassword, ClientAddress.Unknown);

        Assert.Equal(3, finishing.Total);
    }

    [Fact]
    public async Task Given_one_link_when_ten_follow_it_at_once_then_one_password_is_set()
    {
        var site = await _world.GetSiteAsync();
        await _world.Resets.AskAsync(site, SignUpWorld.Site, Email, null);
        var secret = await _world.FindSecretAsync(_user.Id);

        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            var process = await _world.RestartAsync(azurite);
            return await Record.ExceptionAsync(() => process.Resets.FinishAsync(site, _user.Id, secret!, NewPassword + i, ClientAddress.Unknown));
        }));

        Assert.Single(results, error => error is null);
        Assert.All(results.OfType<CloudreveException>(), error => Assert.Equal(ErrorCode.TemporaryLinkExpired, error.Code));
    }

    [Fact]
    public async Task Given_a_password_that_changed_otherwise_when_the_link_is_followed_then_it_is_void()
    {
        var site = await _world.GetSiteAsync();
        await _world.Resets.AskAsync(site, SignUpWorld.Site, Email, null);
        var secret = await _world.FindSecretAsync(_user.Id);
        await _world.Identity.Users.UpdateAsync(_user.Id, user => user with { PasswordHash = PasswordHasher.Hash("changed meanwhile") });

        var error = await Assert.ThrowsAsync<CloudreveException>(() => _world.Resets.FinishAsync(site, _user.Id, secret!, NewPassword, ClientAddress.Unknown));

        Assert.Equal(ErrorCode.TemporaryLinkExpired, error.Code);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_of_a_request_when_repeated_a_minute_later_then_a_mail_goes_out(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            var crash = new CrashPoint(index, fault);
            var process = await _world.RestartAsync(azurite, crash.Decide);
            crash.IsArmed = true;
            var error = await Record.ExceptionAsync(() => AskAsync(process));
            var struck = crash.Struck;
            if (error is null)
                Assert.NotNull(await _world.TakeMessageAsync());
            _world.Identity.Clock.Advance(TimeSpan.FromMinutes(1));

            await AskAsync(_world);

            string? last = null;
            while (await _world.TakeMessageAsync() is { } message)
                last = message;
            await _world.Mailer.SendAsync(last!);
            Assert.Contains("/session/reset?id=", (await _server.ReceiveAsync()).Content, StringComparison.Ordinal);
            _world.Identity.Clock.Advance(TimeSpan.FromMinutes(1));
            if (!struck)
                return;
        }
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.Unavailable)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_of_a_reset_when_it_has_passed_then_the_old_or_new_password_works(StorageFault fault)
    {
        for (var index = 0; ; index++)
        {
            await AskAsync(_world);
            var secret = await _world.FindSecretAsync(_user.Id);
            var crash = new CrashPoint(index, fault);
            var process = await _world.RestartAsync(azurite, crash.Decide);
            crash.IsArmed = true;
            var password = NewPassword + index;
            var error = await Record.ExceptionAsync(() => FinishAsync(process, secret!, password));

            Assert.True(error is null or SimulatedCrashException, error?.ToString());
            var isNew = PasswordHasher.Verify(password, (await _world.Identity.Users.FindAsync(_user.Id))!.PasswordHash);
            Assert.Equal(isNew, await _world.FindSecretAsync(_user.Id) is null);
            if (!isNew)
                await FinishAsync(_world, secret!, password);
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_a_mail_server_that_is_busy_when_the_message_comes_again_then_the_same_mail_is_sent()
    {
        _server.OnRecipient = number => number == 1 ? "451 Come back later" : null;
        await AskAsync(_world);
        var message = (await _world.TakeMessageAsync())!;

        await Assert.ThrowsAnyAsync<Exception>(() => _world.Mailer.SendAsync(message));
        await _world.Mailer.SendAsync(message);
        await _world.Mailer.SendAsync(message);

        Assert.Equal(LinkAndIdOf(await _server.ReceiveAsync()), LinkAndIdOf(await _server.ReceiveAsync()));
    }

    [Fact]
    public async Task Given_a_mail_that_is_refused_for_good_or_obsolete_when_its_turn_comes_then_it_is_dropped()
    {
        _server.OnRecipient = _ => "550 No such mailbox";
        await AskAsync(_world);
        var message = (await _world.TakeMessageAsync())!;

        await _world.Mailer.SendAsync(message);
        _server.OnRecipient = _ => null;
        await FinishAsync(_world, (await _world.FindSecretAsync(_user.Id))!, NewPassword);
        await _world.Mailer.SendAsync(message);
        await _world.Mailer.SendAsync("no message");
        await _world.Mailer.SendAsync("null");

        Assert.Null(_server.TryReceive());
        Assert.Equal(1, _server.Recipients);
    }

    [Fact]
    public async Task Given_a_request_when_rows_and_messages_are_read_then_they_hold_neither_secret_nor_address()
    {
        await AskAsync(_world);
        var secret = (await _world.FindSecretAsync(_user.Id))!;

        var message = (await _world.TakeMessageAsync())!;

        Assert.DoesNotContain(secret, message, StringComparison.Ordinal);
        Assert.DoesNotContain(Email, message, StringComparison.Ordinal);
        await foreach (var row in _world.Identity.Layout.Users.ScanAsync())
            Assert.DoesNotContain(row.Names, name => row[name] is string text && text.Contains(secret, StringComparison.Ordinal));
    }

    private static (string, string) LinkAndIdOf(ReceivedMail mail)
    {
        using var message = MimeKit.MimeMessage.Load(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(mail.Content)));
        return (message.HtmlBody!, message.MessageId!);
    }

    private static async Task AskAsync(SignUpWorld world) => await world.Resets.AskAsync(await world.GetSiteAsync(), SignUpWorld.Site, Email, null);

    private async Task FinishAsync(SignUpWorld world, string secret, string password) =>
        await world.Resets.FinishAsync(await world.GetSiteAsync(), _user.Id, secret, password, ClientAddress.Unknown);
}
