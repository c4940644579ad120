using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Tree;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Activities;

/// <summary>Contract, section 26. An event is written as <c>type id path</c> or <c>rename id from to</c>.</summary>
public sealed class EventFoldingTests
{
    [Theory]
    [InlineData("create 1 /a; modify 1 /a", "create 1 /a")]
    [InlineData("create 1 /a; rename 1 /a /b", "create 1 /b")]
    [InlineData("create 1 /a; delete 1 /a", "")]
    [InlineData("rename 1 /a /b; rename 1 /b /c", "rename 1 /a /c")]
    [InlineData("rename 1 /a /b; rename 1 /b /a", "")]
    [InlineData("modify 1 /a; delete 1 /a", "delete 1 /a")]
    [InlineData("rename 1 /a /b; delete 1 /b", "delete 1 /a")]
    [InlineData("delete 1 /a; create 1 /a", "create 1 /a")]
    [InlineData("delete 1 /a; create 1 /b", "delete 1 /a; create 1 /b")]
    [InlineData("delete 1 /a; create 1 /a; delete 1 /a", "delete 1 /a")]
    [InlineData("modify 1 /a; modify 1 /a", "modify 1 /a")]
    [InlineData("modify 1 /a; rename 1 /a /b", "rename 1 /a /b; modify 1 /b")]
    [InlineData("rename 1 /a /b; modify 1 /b", "rename 1 /a /b; modify 1 /b")]
    public void Given_events_of_one_file_when_they_are_folded_then_what_became_of_it_is_left(string events, string left) =>
        Assert.Equal(left, Fold(events));

    [Theory]
    [InlineData("create 1 /d; create 2 /d/f; modify 2 /d/f", "create 1 /d; create 2 /d/f")]
    [InlineData("create 1 /d; create 2 /e; rename 1 /d /x", "create 1 /x; create 2 /e")]
    [InlineData("create 1 /d; create 2 /d/f; rename 1 /d /e", "create 1 /d; create 2 /d/f; rename 1 /d /e")]
    [InlineData("modify 1 /a; delete 2 /b; rename 1 /a /b", "modify 1 /a; delete 2 /b; rename 1 /a /b")]
    [InlineData("rename 1 /a /b; create 2 /a; rename 1 /b /c", "rename 1 /a /c; create 2 /a")]
    [InlineData("rename 1 /a /b; create 2 /a; delete 1 /b", "delete 1 /a; create 2 /a")]
    [InlineData("create 1 /a; rename 1 /a /b; rename 2 /c /a; rename 1 /b /c", "create 1 /b; rename 2 /c /a; rename 1 /b /c")]
    public void Given_events_of_several_files_when_they_are_folded_then_they_can_be_applied_in_their_order(string events, string left) =>
        Assert.Equal(left, Fold(events));

    [Fact]
    public void Given_folded_events_when_they_are_handed_out_then_none_is_left()
    {
        var folding = new EventFolding();
        folding.Add(Parse("create 1 /a"));

        Assert.Single(folding.Flush());

        Assert.Equal(0, folding.Count);
        folding.Add(Parse("delete 1 /a"));
        Assert.Equal("delete 1 /a", Print(folding.Flush()));
    }

    private static string Fold(string events)
    {
        var folding = new EventFolding();
        foreach (var entry in events.Split("; "))
            folding.Add(Parse(entry));
        return Print(folding.Flush());
    }

    private static FolderEvent Parse(string text)
    {
        var words = text.Split(' ');
        return new FolderEvent(
            Enum.Parse<FolderEventType>(words[0], ignoreCase: true), long.Parse(words[1], null), FilePath.ParsePlain(words[2]), FilePath.ParsePlain(words[^1]));
    }

    private static string Print(IEnumerable<FolderEvent> events) => string.Join("; ", events.Select(e =>
        $"{e.Type.ToString().ToLowerInvariant()} {e.FileId} {e.From}{(e.Type == FolderEventType.Rename ? $" {e.To}" : "")}"));
}
