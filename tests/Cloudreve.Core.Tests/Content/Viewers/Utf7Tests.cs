using Cloudreve.Core.Content.Viewers;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Viewers;

public sealed class Utf7Tests
{
    // Examples of RFC 2152.
    [Theory]
    [InlineData("report.docx", "report.docx")]
    [InlineData("A+ImIDkQ.", "A≢Α.")]
    [InlineData("Hi Mom -+Jjo--!", "Hi Mom -☺-!")]
    [InlineData("+ZeVnLIqe-", "日本語")]
    [InlineData("Item 3 is +AKM-1.", "Item 3 is £1.")]
    [InlineData("a+-b", "a+b")]
    [InlineData("+2D3eAA-", "😀")]
    [InlineData("", "")]
    public void Given_an_encoded_text_when_it_is_decoded_then_it_is_the_original(string encoded, string text) => Assert.Equal(text, Utf7.Decode(encoded));

    [Theory]
    [InlineData("a+")]
    [InlineData("a+!b")]
    [InlineData("é")]
    [InlineData("a\nb")]
    [InlineData("+A-")]
    public void Given_a_malformed_text_when_it_is_decoded_then_there_is_none(string encoded) => Assert.Null(Utf7.Decode(encoded));

    [Fact]
    public void Given_any_text_when_it_is_decoded_then_nothing_is_thrown() =>
        Gen.String[Gen.Char["+-/AZaz09=é~ "], 0, 20].Sample(text => (Utf7.Decode(text)?.Length ?? 0) <= text.Length);
}
