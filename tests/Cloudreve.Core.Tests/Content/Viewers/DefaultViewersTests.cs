using Cloudreve.Core.Content.Viewers;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Viewers;

public sealed class DefaultViewersTests
{
    // Icons that the official front end ships, and the viewers for which it draws the icon itself.
    private static readonly string[] s_shipped =
        ["artplayer.png", "drawio.svg", "excalidraw.svg", "gdrive.png", "m365.svg", "monaco.svg", "photopea.png"];

    private static readonly string[] s_drawn = ["archive", "epub", "image", "markdown", "music", "pdf"];

    [Fact]
    public void Given_the_default_viewers_when_icons_are_listed_then_they_match_those_of_the_front_end() =>
        Assert.Equal(
            s_shipped.Select(name => "/static/img/viewers/" + name),
            DefaultViewers.All.Select(viewer => viewer.Icon).OfType<string>().Order(StringComparer.Ordinal));

    [Fact]
    public void Given_the_default_viewers_when_one_has_no_icon_then_the_front_end_draws_it() =>
        Assert.Equal(s_drawn, DefaultViewers.All.Where(viewer => viewer.Icon is null).Select(viewer => viewer.Id).Order(StringComparer.Ordinal));
}
