using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The refusals that all ways to an entry share.</summary>
internal static class EntryErrors
{
    public static CloudreveException PathNotFound() => new(ErrorCode.PathNotFound, "The path does not exist.");

    public static CloudreveException ObjectExists() => new(ErrorCode.ObjectExists, "An item with this name already exists.");

    public static CloudreveException Shortcut() => new(ErrorCode.NoPermission, "A shortcut cannot be opened directly. Follow its target.");

    public static CloudreveException Changed(Exception? cause = null) =>
        new(ErrorCode.Conflict, "The item was changed in the meantime. Try again.", cause);
}
