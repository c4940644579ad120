using Cloudreve.Core.Infrastructure.Boolsets;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Infrastructure.Boolsets;

public sealed class BoolsetTests
{
    [Fact]
    public void Given_the_contracts_example_when_it_is_read_then_the_lowest_bit_comes_first()
    {
        Assert.True(Boolset.TryParse("39/9", out var set));

        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 18, 19, 20, 21, 22, 23], Enumerable.Range(0, 64).Where(bit => set[bit]));
        Assert.Equal("39/9", set.ToString());
    }

    [Fact]
    public void Given_any_bits_when_they_are_written_and_read_then_they_are_the_same() =>
        Check.Sample(
            Gen.Int[0, 200].Array[0, 40],
            bits =>
            {
                Assert.True(Boolset.TryParse(Boolset.Of([.. bits]).ToString(), out var set));
                Assert.Equal(bits.Distinct().Order(), Enumerable.Range(0, 256).Where(bit => set[bit]));
            });

    [Fact]
    public void Given_a_set_when_a_flag_is_taken_away_then_sets_with_and_without_trailing_zeroes_are_equal()
    {
        var set = Boolset.Of(1, 17).With(17, value: false);

        Assert.Equal(Boolset.Of(1), set);
        Assert.Equal(Boolset.Of(1).GetHashCode(), set.GetHashCode());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*")]
    [InlineData("39/")]
    public void Given_a_malformed_text_when_it_is_read_then_it_is_refused(string? text) => Assert.False(Boolset.TryParse(text, out _));
}
