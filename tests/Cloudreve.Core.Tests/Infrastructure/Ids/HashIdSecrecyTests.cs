using System.Numerics;
using Cloudreve.Core.Infrastructure.Ids;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Ids;

/// <summary>Tests what an observer of many ids, without the site's secret, can learn about others.</summary>
public sealed class HashIdSecrecyTests
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int Samples = 20_000;

    private static readonly HashIdCodec Codec = new("secret of this site");

    [Fact]
    public void Given_consecutive_numbers_when_texts_are_compared_then_half_of_all_bits_differ()
    {
        var bits = Enumerable.Range(1, Samples).Average(i => BitOperations.PopCount((ulong)Difference(i)) + BitOperations.PopCount((ulong)(Difference(i) >> 64)));

        // A binomial distribution of 128 bits: the mean of so many samples lies within 64 +- 0.2 but once in a million.
        Assert.InRange(bits, 63.8, 64.2);
    }

    [Fact]
    public void Given_consecutive_numbers_when_texts_are_read_then_each_place_has_all_digits_alike()
    {
        var texts = Enumerable.Range(1, Samples).Select(i => Codec.Encode(i, HashIdKind.Share)).ToList();

        // The first two places hold what is left of 128 bits; all others are uniform.
        foreach (var place in Enumerable.Range(2, 20))
        {
            var counts = texts.CountBy(text => text[place]).ToDictionary();
            var expected = Samples / (double)Digits.Length;
            var chiSquare = Digits.Sum(digit => Math.Pow(counts.GetValueOrDefault(digit) - expected, 2) / expected);
            // 61 degrees of freedom: beyond 130 once in a million.
            Assert.InRange(chiSquare, 20, 130);
        }
    }

    [Fact]
    public void Given_links_before_and_after_when_texts_between_are_tried_then_the_middle_one_is_not_found()
    {
        // The attack on an encoding that keeps neighbours together: change the places in which one's own two texts differ.
        var (before, wanted, after) = (Codec.Encode(1_000, HashIdKind.Share), Codec.Encode(1_001, HashIdKind.Share), Codec.Encode(1_002, HashIdKind.Share));

        Assert.True(before.Zip(wanted).Count(pair => pair.First != pair.Second) > 11);
        Assert.True(after.Zip(wanted).Count(pair => pair.First != pair.Second) > 11);
    }

    [Fact]
    public void Given_forged_texts_when_they_are_decoded_then_none_is_an_id()
    {
        var random = new Random(20261128);

        for (var i = 0; i < Samples; i++)
        {
            var text = "0" + new string([.. Enumerable.Range(1, 21).Select(_ => Digits[random.Next(Digits.Length)])]);
            foreach (var kind in Enum.GetValues<HashIdKind>())
                Assert.False(Codec.TryDecode(text, kind, out _));
        }
    }

    [Fact]
    public void Given_an_id_when_one_digit_is_changed_then_it_is_no_id()
    {
        var text = Codec.Encode(4711, HashIdKind.Share);

        foreach (var place in Enumerable.Range(0, text.Length))
        {
            foreach (var digit in Digits.Where(digit => digit != text[place]))
                Assert.False(Codec.TryDecode(text[..place] + digit + text[(place + 1)..], HashIdKind.Share, out _));
        }
    }

    private static UInt128 Difference(int i) => Value(Codec.Encode(i, HashIdKind.Share)) ^ Value(Codec.Encode(i + 1, HashIdKind.Share));

    private static UInt128 Value(string text) =>
        text.Aggregate(UInt128.Zero, (value, digit) => (value * (uint)Digits.Length) + (uint)Digits.IndexOf(digit, StringComparison.Ordinal));
}
