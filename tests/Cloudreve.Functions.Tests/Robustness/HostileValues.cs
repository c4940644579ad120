using System.Text;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Values that would break a careless server.</summary>
internal static class HostileValues
{
    /// <summary>JSON values in place of a documented one, each valid JSON by itself.</summary>
    public static IReadOnlyList<string> Json { get; } =
    [
        "null", "true", "-1", "1.5", "99999999999999999999999999", "1e400", "\"\"", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "[]", "{}", "[null]", "[[\"x\"]]",
        $"\"{new string('a', 70_000)}\"",
    ];

    /// <summary>URIs of files that are malformed, of an unknown file system, or out of bounds.</summary>
    public static IReadOnlyList<string> Uris { get; } =
    [
        "cloudreve://", "cloudreve://my/%", "cloudreve://my/%zz", "cloudreve://my/%ff%fe", "cloudreve://my/%00", "cloudreve://my/a%2Fb", "cloudreve://my/../..",
        "cloudreve://my/%2e%2e/x", "cloudreve://nowhere/a", "http://my/a", "cloudreve:my", "my/a", "cloudreve://@my/", "cloudreve://%zz@my",
        "cloudreve://zzzzzzzz@share/a", "cloudreve://a:b:c@share", "cloudreve://trash/a/b", "cloudreve://my/?name=%", "cloudreve://my/a?type=9&size_gte=x",
        "cloudreve://[::1]/a", "cloudreve://my:99999999/a", $"cloudreve://my/{new string('a', 256)}", $"cloudreve://my/{string.Concat(Enumerable.Repeat("a/", 1_200))}",
    ];

    /// <summary>Bodies that are no JSON object at all.</summary>
    public static IReadOnlyList<byte[]> Bodies { get; } =
    [
        [], "null"u8.ToArray(), "[]"u8.ToArray(), "7"u8.ToArray(), "\"x\""u8.ToArray(), "{"u8.ToArray(), "{}"u8.ToArray(), "{} {}"u8.ToArray(), "\0"u8.ToArray(),
        [0xff, 0xfe, 0x00], [0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d], "\uFEFF{}"u8.ToArray(), Encoding.ASCII.GetBytes(new string('[', 100_000)),
        Encoding.ASCII.GetBytes($"{{\"x\":\"{new string('a', 1_000_000)}\"}}"),
    ];

    /// <summary>Escaped texts in place of a query value or a path segment.</summary>
    public static IReadOnlyList<string> Escaped { get; } =
    [
        "", "-1", "0", "1.5", "99999999999999999999999999", "x", "%00", "%ff%fe", "%", "%zz", "%2e%2e%2f", "%F0%9F%98%80", "%ED%A0%80", "NaN", new string('a', 4_000),
    ];
}
