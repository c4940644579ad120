using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Paths of the site's own content addresses (contract, section 15).</summary>
internal static class ContentAddress
{
    /// <summary>The path that a signature covers, decoded.</summary>
    /// <param name="id">The encoded id of the blob; that of 0 for an empty file.</param>
    /// <param name="speed">The limit in bytes per second; 0 for none.</param>
    public static string PathOf(string id, string speed, string name) => $"{ApiPaths.Prefix}/file/content/{id}/{speed}/{name}";

    /// <summary>The path as it is written in an address.</summary>
    /// <param name="id">The encoded id of the blob; that of 0 for an empty file.</param>
    /// <param name="speed">The limit in bytes per second; 0 for none.</param>
    public static string EscapedPathOf(string id, string speed, string name) => PathOf(id, speed, FileUri.Escape(name));
}
