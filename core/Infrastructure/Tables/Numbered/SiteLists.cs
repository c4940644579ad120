using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Infrastructure.Tables.Numbered;

/// <summary>The lists of the whole site, in order of id, each with a process's knowledge of its length.</summary>
/// <param name="ids">Knows the assigned ids.</param>
/// <param name="clock">Determines the age of what is known.</param>
public sealed class SiteLists(StorageLayout layout, IdAllocator ids, TimeProvider clock)
{
    /// <summary>The property of rows with the time of creation.</summary>
    internal const string Created = "c";

    /// <summary>The property of rows with the owner of a file or task.</summary>
    internal const string Owner = "o";

    /// <summary>The property of rows with the owner of a link.</summary>
    internal const string LinkOwner = "u";

    /// <summary>The property of rows with the file of a link.</summary>
    internal const string LinkedFile = "f";

    /// <summary>Accounts.</summary>
    internal NumberedRows Users { get; } = new(layout.Users, ids, IdKind.User, UserIndex.Prefix, null, clock);

    /// <summary>Files of all drives, trash included; folders are left out, and ids that are only kept from being used, which have no owner.</summary>
    internal NumberedRows Files { get; } = new(layout.FileIds, ids, IdKind.File, "", FileRecord.IsOwnedFileCondition, clock);

    /// <summary>Blobs behind files; references to them are beside them and have no type.</summary>
    internal NumberedRows Entities { get; } = new(layout.Entities, ids, IdKind.Entity, "", EntityColumns.Type + " ge 0", clock);

    /// <summary>Share links.</summary>
    internal NumberedRows Shares { get; } = new(layout.Shares, ids, IdKind.Share, "", null, clock);

    /// <summary>Tasks.</summary>
    internal NumberedRows Tasks { get; } = new(layout.Tasks, ids, IdKind.Task, "i", null, clock);

    /// <summary>A condition on a number of 64 bits.</summary>
    internal static string Is(string column, long value) => string.Create(CultureInfo.InvariantCulture, $"{column} eq {value}L");

    /// <summary>The conjunction of some conditions; null for none.</summary>
    internal static string? All(params IEnumerable<string?> conditions) =>
        string.Join(" and ", conditions.OfType<string>()) is { Length: > 0 } all ? all : null;
}
