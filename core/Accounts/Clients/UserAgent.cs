namespace Cloudreve.Core.Accounts.Clients;

/// <summary>A browser's description of itself, reduced to what is worth reading.</summary>
/// <param name="Browser">The browser's name; empty when it is not known.</param>
/// <param name="Os">The system's name; empty when it is not known.</param>
/// <param name="Device">The kind of device; empty when it is not known.</param>
public sealed record UserAgent(string Browser, string Os, string Device)
{
    private const int MaxLength = 1024;

    // The first mark that is found decides: browsers list those that they imitate after their own name.
    private static readonly (string Mark, string Name)[] Browsers =
    [
        ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("YaBrowser/", "Yandex"), ("Vivaldi/", "Vivaldi"),
        ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
        ("Cloudreve", "Cloudreve"), ("curl/", "curl"),
    ];

    private static readonly (string Mark, string Name, string Device)[] Systems =
    [
        ("iPhone", "iOS", "iPhone"), ("iPad", "iOS", "iPad"), ("Android", "Android", "Android"), ("CrOS", "Chrome OS", "Chromebook"),
        ("Windows", "Windows", "PC"), ("Mac OS X", "Mac OS X", "Mac"), ("Macintosh", "Mac OS X", "Mac"), ("Linux", "Linux", "PC"),
    ];

    /// <summary>Reads the header of a request.</summary>
    /// <param name="text">The header's value; null for none.</param>
    public static UserAgent Parse(string? text)
    {
        var known = text is null ? "" : text[..Math.Min(text.Length, MaxLength)];
        var browser = Browsers.FirstOrDefault(entry => known.Contains(entry.Mark, StringComparison.Ordinal)).Name ?? "";
        var (_, os, device) = Systems.FirstOrDefault(entry => known.Contains(entry.Mark, StringComparison.Ordinal));
        return new UserAgent(browser, os ?? "", device ?? "");
    }
}
