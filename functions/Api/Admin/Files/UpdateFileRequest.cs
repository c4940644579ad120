using Cloudreve.Core.Drive.Administration;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Admin.Files;

/// <summary>The body of a change of a file.</summary>
/// <param name="File">The file; what is left out, or null, stays as it is.</param>
internal sealed record UpdateFileRequest(UpdateFileFields File)
{
    /// <summary>Reads the change.</summary>
    /// <exception cref="CloudreveException">40001: a metadata key is named twice.</exception>
    public AdminFileChange Read()
    {
        var metadata = File.Edges?.Metadata;
        if (metadata is not null && metadata.DistinctBy(entry => entry.Name).Count() != metadata.Count)
            throw new CloudreveException(ErrorCode.BadParameter, "A metadata key is named twice.");
        return new AdminFileChange(
            File.Name, metadata?.ToDictionary(entry => entry.Name, entry => entry.Value), File.Edges?.DirectLinks?.Select(link => link.Id).ToHashSet());
    }
}

/// <summary>A file in a body.</summary>
/// <param name="Edges">The objects related to the file.</param>
internal sealed record UpdateFileFields(string? Name = null, long? StoragePolicyFiles = null, UpdateFileEdges? Edges = null);

/// <summary>The objects related to a file in a request.</summary>
/// <param name="Metadata">All of its metadata.</param>
/// <param name="DirectLinks">The direct links that stay.</param>
internal sealed record UpdateFileEdges(IReadOnlyList<UpdateFileMetadata>? Metadata = null, IReadOnlyList<UpdateFileLink>? DirectLinks = null);

/// <summary>A metadata entry in a body.</summary>
/// <param name="Name">The key.</param>
internal sealed record UpdateFileMetadata(string Name, string Value = "");

/// <summary>A direct link in a body.</summary>
internal sealed record UpdateFileLink(long Id);
