using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Sealing;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Sealing;

public sealed class SealingKeysTests
{
    private static readonly string s_first = SealingKeys.Draw("first");
    private static readonly string s_second = SealingKeys.Draw("second");

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("Grüße 世界 😀")]
    public void Given_a_text_when_it_is_sealed_then_only_its_own_place_opens_it(string text)
    {
        var keys = SealingKeys.Parse(s_first);
        var sealedText = keys.Seal("setting/smtpPass/value", text);

        Assert.Equal(text, keys.Open("first", "setting/smtpPass/value", sealedText));
        AssertClosed(() => keys.Open("first", "setting/secret_key/value", sealedText));
    }

    [Fact]
    public void Given_the_same_text_when_it_is_sealed_twice_then_the_results_differ()
    {
        var keys = SealingKeys.Parse(s_first);

        Assert.NotEqual(keys.Seal("a", "same"), keys.Seal("a", "same"));
    }

    [Fact]
    public void Given_a_sealed_text_when_any_character_of_it_changes_then_it_does_not_open()
    {
        var keys = SealingKeys.Parse(s_first);
        var sealedText = keys.Seal("a", "secret");

        for (var i = 0; i < sealedText.Length; i++)
        {
            var changed = sealedText.ToCharArray();
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            AssertClosed(() => keys.Open("first", "a", new string(changed)));
        }
        AssertClosed(() => keys.Open("first", "a", sealedText[..8]));
        AssertClosed(() => keys.Open("first", "a", "no base64!"));
    }

    [Fact]
    public void Given_several_keys_when_texts_are_sealed_then_the_first_does_it_and_all_open()
    {
        var before = SealingKeys.Parse(s_first).Seal("a", "secret");
        var keys = SealingKeys.Parse($"{s_second}, {s_first}");

        Assert.Equal("second", keys.CurrentId);
        Assert.Equal("secret", keys.Open("first", "a", before));
        Assert.Equal("secret", SealingKeys.Parse(s_second).Open("second", "a", keys.Seal("a", "secret")));
    }

    [Fact]
    public void Given_another_key_under_the_same_id_when_a_text_is_opened_then_it_stays_closed()
    {
        var sealedText = SealingKeys.Parse(s_first).Seal("a", "secret");

        AssertClosed(() => SealingKeys.Parse(SealingKeys.Draw("first")).Open("first", "a", sealedText));
        AssertClosed(() => SealingKeys.Parse(s_second).Open("first", "a", sealedText));
    }

    [Theory]
    [InlineData("QUJD")]
    [InlineData("k1:QUJD")]
    [InlineData(":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("k 1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,")]
    [InlineData("k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void Given_malformed_keys_when_they_are_read_then_the_message_quotes_nothing_of_them(string text)
    {
        var error = Assert.Throws<FormatException>(() => SealingKeys.Parse(text));

        Assert.DoesNotContain("QUJD", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("AAAA", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void Given_no_keys_when_they_are_read_then_nothing_seals(string? text) => Assert.Null(SealingKeys.Parse(text).CurrentId);

    private static void AssertClosed(Action open) => Assert.Equal(ErrorCode.EncryptionError, Assert.Throws<CloudreveException>(open).Code);
}
