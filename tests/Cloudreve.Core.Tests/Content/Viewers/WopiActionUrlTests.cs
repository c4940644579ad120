using Cloudreve.Core.Content.Viewers;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Viewers;

public sealed class WopiActionUrlTests
{
    private const string Source = "https://site.example/api/v4/file/wopi/aB1";
    private const string Encoded = "WOPISrc=https%3A%2F%2Fsite.example%2Fapi%2Fv4%2Ffile%2Fwopi%2FaB1&lang=lng";

    [Theory]
    [InlineData("https://office.example/we/wordeditorframe.aspx?<ui=UI_LLCC&><rs=DC_LLCC&><thm=THEME_ID&><hid=HOST_SESSION_ID&>", "https://office.example/we/wordeditorframe.aspx?thm=darkmode&")]
    [InlineData("http://localhost:9980/browser/594b605/cool.html?", "http://localhost:9980/browser/594b605/cool.html?")]
    [InlineData("http://localhost/open", "http://localhost/open?")]
    [InlineData("http://localhost/open?a=b", "http://localhost/open?a=b&")]
    public void Given_a_page_with_placeholders_when_made_then_known_ones_are_filled_and_others_left_out(string template, string expected) =>
        Assert.Equal(expected + Encoded, WopiActionUrl.Create(ViewerWith(("edit", template)), "docx", "edit", Source));

    [Theory]
    [InlineData("edit", "http://e/?")]
    [InlineData("view", "http://v/?")]
    public void Given_both_actions_when_one_is_preferred_then_it_is_chosen(string preferred, string page) =>
        Assert.StartsWith(page, WopiActionUrl.Create(ViewerWith(("edit", "http://e/"), ("view", "http://v/")), "docx", preferred, Source), StringComparison.Ordinal);

    [Fact]
    public void Given_a_viewer_without_the_preferred_action_when_a_page_is_made_then_another_serves()
    {
        Assert.StartsWith("http://v/", WopiActionUrl.Create(ViewerWith(("view", "http://v/")), "docx", "edit", Source), StringComparison.Ordinal);
        Assert.StartsWith("http://e/", WopiActionUrl.Create(ViewerWith(("edit", "http://e/")), "docx", "view", Source), StringComparison.Ordinal);
        Assert.Null(WopiActionUrl.Create(ViewerWith(("edit", "http://e/")), "xlsx", "edit", Source));
    }

    private static Viewer ViewerWith(params (string Action, string Page)[] actions) => new()
    {
        Id = "office",
        Type = Viewer.Wopi,
        DisplayName = "Office",
        WopiActions = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["docx"] = actions.ToDictionary(a => a.Action, a => a.Page) },
    };
}
