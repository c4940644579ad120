using System.Globalization;
using Cloudreve.Core.Infrastructure.Text;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Text;

public sealed class CanonicalTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("cafe\u0301", "caf\u00E9")]
    [InlineData("caf\u00E9", "caf\u00E9")]
    [InlineData("\u1112\u1161\u11AB\u1100\u1173\u11AF", "\uD55C\uAE00")]
    [InlineData("a\u0323\u0302", "\u1EAD")]
    [InlineData("a\u0302\u0323", "\u1EAD")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("😀e\u0301", "😀\u00E9")]
    [InlineData("", "")]
    public void Of_TextsThatLookAlike_AreTheSame(string text, string expected)
    {
        Assert.Equal(expected, CanonicalText.Of(text));
        Assert.Equal(expected, CanonicalText.Of(expected));
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("caf\u00E9", "cafe\u0301")]
    [InlineData("cafe\u0301", "cafe\u0301")]
    [InlineData("\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF")]
    [InlineData("\u1EAD", "a\u0323\u0302")]
    public void Decomposed_TextsThatLookAlike_AreTheSame(string text, string expected)
    {
        Assert.Equal(expected, CanonicalText.Decomposed(text));
        Assert.Equal(CanonicalText.Of(text), CanonicalText.Of(expected));
    }

    [Fact]
    public void Of_NothingButMarks_SortsThemByClassAndKeepsTheirOrderWithin()
    {
        // Classes 230, 220 and 230 again.
        var marks = string.Concat(Enumerable.Repeat("\u0300\u0323\u0301", 20_000));

        var sorted = CanonicalText.Of("x" + marks);

        Assert.Equal("x" + new string('\u0323', 20_000) + string.Concat(Enumerable.Repeat("\u0300\u0301", 20_000)), sorted);
    }

    [Fact]
    public void Of_LoneSurrogate_Stays() => Assert.Equal("\u00E9\uD800x", CanonicalText.Of("e\u0301\uD800x"));

    [Fact]
    public void Of_TextsOfAllScripts_IsWhatAnotherImplementationSays()
    {
        using var reader = new StreamReader(typeof(CanonicalTextTests).Assembly.GetManifestResourceStream("normalization.txt")!);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(400, lines.Length);
        foreach (var line in lines)
        {
            var fields = line.Split(';');
            Assert.Equal(fields[1], Print(CanonicalText.Of(Read(fields[0]))));
        }
    }

    private static string Read(string points) =>
        string.Concat(points.Split(' ').Select(p => char.ConvertFromUtf32(int.Parse(p, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))));

    private static string Print(string text) => string.Join(' ', text.EnumerateRunes().Select(r => r.Value.ToString("X", CultureInfo.InvariantCulture)));
}
