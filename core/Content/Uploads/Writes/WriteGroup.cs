using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Writes of new files of one folder that one transaction commits.</summary>
internal sealed class WriteGroup
{
    /// <summary>Files that one transaction commits: two rows each, beside the folder's header and the intent.</summary>
    public const int MostFiles = (AzureLimits.BatchOperations - 2) / 2;

    /// <summary>The row; its version changes while the write continues.</summary>
    public required WriteIntent Intent { get; set; }

    public required IReadOnlyList<GroupMember> Members { get; init; }

    public IEnumerable<ContentWrite> Writes => Members.Select(member => member.Write);
}

/// <summary>A file of a group.</summary>
/// <param name="Index">Its index among the files that were to be written.</param>
/// <param name="Write">The write. Its intent describes the file; the group's has the row.</param>
/// <param name="Content">The content.</param>
internal sealed record GroupMember(int Index, ContentWrite Write, byte[] Content);
