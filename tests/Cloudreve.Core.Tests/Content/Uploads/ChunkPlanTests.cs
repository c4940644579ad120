using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

public sealed class ChunkPlanTests
{
    private const long Mebibyte = 1 << 20;

    [Theory]
    [InlineData(0, 10, 0, 1)]
    [InlineData(0, 4000 * Mebibyte, 0, 1)]
    [InlineData(0, (4000 * Mebibyte) + 1, 5 * Mebibyte, 801)]
    [InlineData(100, 0, 100, 1)]
    [InlineData(100, 100, 100, 1)]
    [InlineData(100, 101, 100, 2)]
    [InlineData(100, 100_000, 100, 1000)]
    [InlineData(100, 100_001, Mebibyte, 1)]
    [InlineData(25 * Mebibyte, 50_000 * Mebibyte, 50 * Mebibyte, 1000)]
    [InlineData(25 * Mebibyte, 8_000_000 * Mebibyte, 4000 * Mebibyte, 2000)]
    public void Given_a_size_when_it_is_sent_directly_then_there_are_at_most_1000_chunks_where_possible(long wanted, long size, long chunk, int count)
    {
        var plan = ChunkPlan.For(Policy(wanted), size, isRelay: false);

        Assert.Equal(chunk, plan.ChunkSize);
        Assert.Equal(count, plan.Count);
        Assert.Equal(size, Enumerable.Range(0, plan.Count).Sum(plan.LengthOf));
    }

    [Theory]
    [InlineData(0, 25 * Mebibyte)]
    [InlineData(100, 100)]
    [InlineData(100 * Mebibyte, 25 * Mebibyte)]
    public void Given_a_policy_when_chunks_pass_through_the_functions_then_the_host_can_hold_each(long wanted, long chunk)
    {
        Assert.Equal(chunk, ChunkPlan.For(Policy(wanted), 1000, isRelay: true).ChunkSize);
    }

    [Theory]
    [InlineData(0, long.MaxValue)]
    [InlineData(100, long.MaxValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(0, ChunkPlan.MaxBlob + 1)]
    public void Given_a_size_that_no_sum_can_take_when_it_is_planned_then_it_is_too_large(long wanted, long size)
    {
        foreach (var isRelay in (bool[])[false, true])
            Assert.Equal(ErrorCode.FileTooLarge, Assert.Throws<CloudreveException>(() => ChunkPlan.For(Policy(wanted), size, isRelay)).Code);
    }

    [Fact]
    public void Given_a_file_that_no_blob_can_hold_when_it_is_planned_then_it_is_too_large()
    {
        var error = Assert.Throws<CloudreveException>(() => ChunkPlan.For(Policy(100), 50_000 * 100 + 1, isRelay: true));

        Assert.Equal(ErrorCode.FileTooLarge, error.Code);
    }

    [Fact]
    public void Given_chunks_when_their_blocks_are_named_then_the_names_are_8_bytes_in_order()
    {
        Assert.Equal("AAAAAAAAAAA=", ChunkPlan.BlockId(0));
        Assert.Equal("AAAAAAAAAQI=", ChunkPlan.BlockId(258));
    }

    private static StoragePolicy Policy(long chunkSize) =>
        new() { Id = 1, Name = "p", Driver = StorageDriver.AzureBlob, Settings = new StoragePolicySettings { ChunkSize = chunkSize } };
}
