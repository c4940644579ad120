using System.IO.Hashing;
using System.Text;
using Cloudreve.Core.Content.Archives.Writing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Archives;

public sealed class ChecksumSumTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a", "")]
    [InlineData("", "b")]
    [InlineData("hello ", "world")]
    [InlineData("x", "a much longer text that stands behind the first one")]
    public void Given_two_stretches_when_their_checksums_are_joined_then_it_is_that_of_both(string first, string second)
    {
        var joined = ChecksumSum.Of(Of(first), Of(second), second.Length);

        Assert.Equal(Of(first + second), joined);
    }

    private static uint Of(string text) => Crc32.HashToUInt32(Encoding.ASCII.GetBytes(text));
}
