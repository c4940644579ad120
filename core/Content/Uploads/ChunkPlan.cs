using System.Buffers.Binary;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>The division of a file into chunks for its upload. Chunk i starts at i times the chunk size and becomes block i of the blob.</summary>
/// <param name="Size">Bytes of the file.</param>
/// <param name="ChunkSize">Bytes of every chunk but the last one; 0 for a single chunk of any size.</param>
public readonly record struct ChunkPlan(long Size, long ChunkSize)
{
    /// <summary>Maximum size of a body through the functions: a Functions host buffers bodies in memory and accepts 100 MB at most.</summary>
    public const long MaxRelayChunk = 25 * Mebibyte;

    /// <summary>The largest block of Azure Blob storage.</summary>
    public const long MaxBlock = 4_000 * Mebibyte;

    /// <summary>The most blocks of a blob.</summary>
    public const int MaxBlocks = 50_000;

    /// <summary>The largest blob of Azure Blob storage.</summary>
    public const long MaxBlob = MaxBlocks * MaxBlock;

    private const long Mebibyte = 1 << 20;

    // Clients get an address for each chunk, and the response must not grow without bound.
    private const int DirectChunks = 1_000;

    /// <summary>Number of chunks; an empty file has one, which is empty.</summary>
    public int Count => ChunkSize == 0 || Size == 0 ? 1 : (int)((Size + ChunkSize - 1) / ChunkSize);

    /// <summary>The chunk plan of a policy for a file.</summary>
    /// <param name="size">Bytes of the file.</param>
    /// <param name="isRelay">True if the chunks pass through the functions.</param>
    /// <exception cref="CloudreveException">40049 for a file that no blob can hold.</exception>
    public static ChunkPlan For(StoragePolicy policy, long size, bool isRelay)
    {
        CheckBlobSize(size);
        var wanted = policy.Settings.ChunkSize;
        var chunk = isRelay
            ? (wanted is > 0 and < MaxRelayChunk ? wanted : MaxRelayChunk)
            : DirectChunk(wanted, size);
        if (chunk > 0 && (size + chunk - 1) / chunk > MaxBlocks)
            throw TooLarge();
        return new ChunkPlan(size, chunk);
    }

    /// <summary>Throws for a size that no blob can have, which is the bound of every number that is computed from a size.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="CloudreveException">40049; 40001 for a negative size.</exception>
    public static void CheckBlobSize(long size)
    {
        if (size < 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The file size is invalid.");
        if (size > MaxBlob)
            throw TooLarge();
    }

    /// <summary>Bytes of a chunk.</summary>
    /// <param name="index">The chunk.</param>
    public long LengthOf(int index) => index == Count - 1 ? Size - (index * ChunkSize) : ChunkSize;

    /// <summary>The ids of all blocks, in order.</summary>
    internal IEnumerable<string> BlockIds => Enumerable.Range(0, Count).Select(BlockId);

    /// <summary>Checks whether blocks are exactly the chunks, in any order: the service lists uncommitted blocks in no particular order.</summary>
    internal bool IsMadeOf(IReadOnlyList<BlobBlock> blocks)
    {
        if (blocks.Count != Count)
            return false;
        var sizes = blocks.ToLookup(b => b.Id, b => b.Size, StringComparer.Ordinal);
        var plan = this;
        return Enumerable.Range(0, Count).All(i => sizes[BlockId(i)].SequenceEqual([plan.LengthOf(i)]));
    }

    /// <summary>The id of a chunk's block: 8 bytes, big-endian, so that ids are in the order of the chunks.</summary>
    /// <param name="index">The chunk.</param>
    public static string BlockId(int index)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, index);
        return Convert.ToBase64String(bytes);
    }

    private static CloudreveException TooLarge() => new(ErrorCode.FileTooLarge, "The file exceeds the maximum size of a blob.");

    private static long DirectChunk(long wanted, long size)
    {
        if (wanted <= 0 && size <= MaxBlock)
            return 0;
        var least = (size + DirectChunks - 1) / DirectChunks;
        // Whole mebibytes, unless the policy says otherwise.
        var chunk = wanted >= least && wanted > 0 ? wanted : (least + Mebibyte - 1) / Mebibyte * Mebibyte;
        return Math.Min(chunk, MaxBlock);
    }
}
