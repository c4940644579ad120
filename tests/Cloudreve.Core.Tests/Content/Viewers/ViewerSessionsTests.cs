using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Viewers;

public sealed class ViewerSessionsTests(AzuriteServer azurite)
{
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Given_a_session_when_its_token_is_shown_then_it_is_found_with_one_transaction()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var session = NewSession();

        var token = await new ViewerSessions(layout, _clock).CreateAsync(session);

        var before = layout.Account.Transactions.Total;
        Assert.Equal(session, await new ViewerSessions(layout, _clock).FindAsync(token));
        Assert.Equal(1, layout.Account.Transactions.Total - before);
        Assert.Equal($"{session.Id}.", token[..37]);
        Assert.Equal(37 + 128, token.Length);
    }

    [Fact]
    public async Task Given_the_stored_row_when_it_is_read_then_the_token_cannot_be_made_of_it()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();

        var token = await new ViewerSessions(layout, _clock).CreateAsync(NewSession());

        var row = Assert.Single(await Installation.ReadPartitionAsync(layout.Sessions, "viewer"));
        Assert.DoesNotContain(row.Names, name => row[name] is string text && text.Contains(token[37..], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_a_token_that_is_wrong_or_expired_when_it_is_shown_then_there_is_no_session()
    {
        var sessions = new ViewerSessions((await Installation.CreateAsync(azurite)).Connect(), _clock);
        var token = await sessions.CreateAsync(NewSession());

        foreach (var wrong in (string?[])[null, "", ".", token[..^1], token[..^1] + (token[^1] == 'a' ? 'b' : 'a'), $"{Guid.NewGuid()}{token[36..]}", token + "a"])
            Assert.Null(await sessions.FindAsync(wrong));
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(await sessions.FindAsync(token));
    }

    [Fact]
    public async Task Given_sessions_when_expired_ones_are_swept_then_the_others_stay()
    {
        var sessions = new ViewerSessions((await Installation.CreateAsync(azurite)).Connect(), _clock);
        await sessions.CreateAsync(NewSession());
        _clock.Advance(TimeSpan.FromMinutes(30));
        var token = await sessions.CreateAsync(NewSession());
        _clock.Advance(TimeSpan.FromMinutes(45));

        Assert.Equal(1, await sessions.SweepAsync());

        Assert.NotNull(await sessions.FindAsync(token));
    }

    private ViewerSession NewSession() => new()
    {
        Id = Guid.NewGuid(),
        ViewerId = "office",
        UserId = 7,
        FileId = 1L << 33,
        Uri = FileUri.Parse("cloudreve://my/a%20b/c.docx"),
        VersionId = 5,
        ExpiresAt = _clock.GetUtcNow() + TimeSpan.FromHours(1),
    };
}
