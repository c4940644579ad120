using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Captchas;

public sealed class PictureCaptchaTests(AzuriteServer azurite)
{
    private static readonly SiteSettings Site = new(new Dictionary<string, string> { ["secret_key"] = "secret", ["login_captcha"] = "1" });

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Given_a_ticket_when_the_right_answer_comes_in_any_case_then_it_passes_with_one_transaction()
    {
        var (layout, captcha) = await CreateAsync();
        var ticket = captcha.CreateTicket(Site, "A8K");
        using var measured = layout.Account.Transactions.Measure();

        await PassAsync(captcha, " a8k ", ticket);

        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_a_ticket_when_it_was_answered_right_then_it_accepts_no_second_answer()
    {
        var (_, captcha) = await CreateAsync();
        var ticket = captcha.CreateTicket(Site, "A8K");
        await PassAsync(captcha, "A8K", ticket);

        await AssertRefusedAsync(captcha, "A8K", ticket);
    }

    [Fact]
    public async Task Given_a_ticket_when_it_was_answered_wrong_then_it_accepts_no_second_answer()
    {
        var (_, captcha) = await CreateAsync();
        var ticket = captcha.CreateTicket(Site, "A8K");
        await AssertRefusedAsync(captcha, "B8K", ticket);

        await AssertRefusedAsync(captcha, "A8K", ticket);
    }

    [Fact]
    public async Task Given_a_ticket_when_thirty_minutes_have_passed_then_the_right_answer_is_refused()
    {
        var (_, captcha) = await CreateAsync();
        var (early, late) = (captcha.CreateTicket(Site, "A8K"), captcha.CreateTicket(Site, "A8K"));

        _clock.Advance(TimeSpan.FromMinutes(30) - TimeSpan.FromSeconds(1));
        await PassAsync(captcha, "A8K", early);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await AssertRefusedAsync(captcha, "A8K", late);
    }

    [Fact]
    public async Task Given_one_ticket_when_ten_answer_it_at_once_then_one_passes()
    {
        var (_, captcha) = await CreateAsync();
        var ticket = captcha.CreateTicket(Site, "A8K");

        var passed = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ((ICaptchaVerifier)captcha).VerifyAsync(Site, new CaptchaAnswer("A8K", ticket), default)));

        Assert.Single(passed, isRight => isRight);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("made-up")]
    [InlineData("ÄÖÜ")]
    public async Task Given_a_malformed_ticket_when_it_comes_back_then_it_is_refused_without_a_transaction(string? ticket)
    {
        var (layout, captcha) = await CreateAsync();
        using var measured = layout.Account.Transactions.Measure();

        await AssertRefusedAsync(captcha, "A8K", ticket);

        Assert.Equal(0, measured.Total);
    }

    [Fact]
    public async Task Given_a_ticket_with_any_character_changed_when_it_comes_back_then_it_is_refused()
    {
        var (_, captcha) = await CreateAsync();
        for (var i = 0; i < captcha.CreateTicket(Site, "A8K").Length - 1; i += 9)
        {
            var ticket = captcha.CreateTicket(Site, "A8K").ToCharArray();
            ticket[i] = ticket[i] == 'x' ? 'y' : 'x';

            await AssertRefusedAsync(captcha, "A8K", new string(ticket));
        }
    }

    [Fact]
    public async Task Given_a_ticket_of_another_site_when_it_comes_back_then_it_is_refused()
    {
        var (_, captcha) = await CreateAsync();
        var other = new SiteSettings(new Dictionary<string, string> { ["secret_key"] = "other" });

        await AssertRefusedAsync(captcha, "A8K", captcha.CreateTicket(other, "A8K"));
    }

    [Fact]
    public async Task Given_a_site_that_demands_none_when_no_answer_comes_then_it_passes_without_a_transaction()
    {
        var (layout, captcha) = await CreateAsync();
        using var measured = layout.Account.Transactions.Measure();

        await Gate(captcha).PassAsync(Site, CaptchaSetting.OnSignUp, new CaptchaAnswer(null, null));

        Assert.Equal(0, measured.Total);
    }

    [Fact]
    public async Task Given_a_crash_while_a_ticket_is_noted_when_the_answer_repeats_then_it_counts_at_most_once()
    {
        foreach (var fault in new[] { StorageFault.CrashBefore, StorageFault.CrashAfter })
        {
            var installation = await Installation.CreateAsync(azurite);
            var (layout, crash) = installation.ConnectWithCrash(0, fault);
            crash.IsArmed = true;
            var ticket = new PictureCaptcha(layout, _clock).CreateTicket(Site, "A8K");

            await Assert.ThrowsAnyAsync<Exception>(() => PassAsync(new PictureCaptcha(layout, _clock), "A8K", ticket));

            var again = (ICaptchaVerifier)new PictureCaptcha(installation.Connect(), _clock);
            Assert.Equal(fault == StorageFault.CrashBefore, await again.VerifyAsync(Site, new CaptchaAnswer("A8K", ticket), default));
        }
    }

    [Fact]
    public async Task Given_a_lost_answer_of_storage_when_the_ticket_is_noted_then_the_right_answer_passes()
    {
        var installation = await Installation.CreateAsync(azurite);
        var (layout, crash) = installation.ConnectWithCrash(0, StorageFault.AnswerLost);
        crash.IsArmed = true;
        var captcha = new PictureCaptcha(layout, _clock);

        await PassAsync(captcha, "A8K", captcha.CreateTicket(Site, "A8K"));

        Assert.True(crash.Struck);
    }

    private static CaptchaGate Gate(PictureCaptcha captcha) => new([captcha]);

    private static Task PassAsync(PictureCaptcha captcha, string answer, string? ticket) =>
        Gate(captcha).PassAsync(Site, CaptchaSetting.OnLogin, new CaptchaAnswer(answer, ticket));

    private static async Task AssertRefusedAsync(PictureCaptcha captcha, string answer, string? ticket) =>
        Assert.Equal(ErrorCode.CaptchaWrong, (await Assert.ThrowsAsync<CloudreveException>(() => PassAsync(captcha, answer, ticket))).Code);

    private async Task<(StorageLayout Layout, PictureCaptcha Captcha)> CreateAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        return (layout, new PictureCaptcha(layout, _clock));
    }
}
