using System.Globalization;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>Orders chunks as in the file, if all have arrived.</summary>
internal static class ChunkOrder
{
    /// <summary>The chunks of a file, in order.</summary>
    /// <param name="chunks">The chunks that have arrived.</param>
    /// <param name="size">Bytes of the file, according to the client; null when unknown.</param>
    /// <exception cref="CloudreveException">40001: some are missing, or make another size; 40049: the file exceeds what a blob can hold.</exception>
    public static IReadOnlyList<UploadChunk> Arrange(IEnumerable<UploadChunk> chunks, long? size)
    {
        var ordered = chunks.OrderBy(chunk => chunk.Name.Start).ToList();
        if (ordered.Count == 0)
            throw Refused("No chunk has been uploaded.");
        var total = 0L;
        var isByNumber = ordered[0].Name is { IsRange: false, Start: 0 or 1 };
        var isByOffset = ordered[0].Name.Start == 0;
        for (var i = 0; i < ordered.Count; i++)
        {
            var name = ordered[i].Name;
            if (i > 0 && name.Start == ordered[i - 1].Name.Start)
                throw Refused($"The chunks {ordered[i - 1].Name.Text} and {name.Text} stand for the same part.");
            isByNumber &= !name.IsRange && name.Start == ordered[0].Name.Start + i;
            isByOffset &= name.Start == total;
            if (!isByNumber && !isByOffset)
                throw Refused($"A chunk is missing before {name.Text}.");
            total += ordered[i].Size;
        }
        if (size is { } expected && expected != total)
            throw Refused(string.Create(CultureInfo.InvariantCulture, $"The chunks have {total} bytes instead of {expected}."));
        if (ordered.Sum(chunk => chunk.BlockIds.Count()) > ChunkPlan.MaxBlocks)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file has too many chunks.");
        return ordered;
    }

    private static CloudreveException Refused(string message) => new(ErrorCode.BadParameter, message);
}
