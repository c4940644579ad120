using System.Text.RegularExpressions;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>
/// The page of a WOPI viewer for a file. Action addresses of WOPI discovery hold placeholders <c>&lt;name=PLACEHOLDER&amp;&gt;</c>:
/// known ones are filled in, the others left out, as the protocol requires. Language and theme are the words <c>lng</c> and
/// <c>darkmode</c>, which clients replace, each where it stands first (contract, section 16); so there is one of each.
/// </summary>
public static partial class WopiActionUrl
{
    /// <summary>The page; null when the viewer does not open the extension.</summary>
    /// <param name="extension">The file's extension, without dot.</param>
    /// <param name="preferredAction"><c>edit</c> or <c>view</c>; the other one where the viewer lacks it.</param>
    /// <param name="wopiSource">The file's address for the viewer.</param>
    public static string? Create(Viewer viewer, string extension, string preferredAction, string wopiSource)
    {
        if (viewer.WopiActions?.GetValueOrDefault(extension) is not { } actions
            || (actions.GetValueOrDefault(preferredAction) ?? actions.GetValueOrDefault("view") ?? actions.GetValueOrDefault("edit")) is not { } template)
            return null;
        var page = Placeholder().Replace(template, match => match.Groups["value"].Value is "THEME_ID" ? $"{match.Groups["name"].Value}=darkmode&" : "");
        var separator = page.EndsWith('?') || page.EndsWith('&') ? "" : page.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        return $"{page}{separator}WOPISrc={Uri.EscapeDataString(wopiSource)}&lang=lng";
    }

    [GeneratedRegex(@"<(?<name>[^=<>&]{1,64})=(?<value>[^<>&]{1,64})&?>", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Placeholder();
}
