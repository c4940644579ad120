using System.Text.Json;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Site.Editing;

/// <summary>Requirements for a group, so that the site works and stays administrable.</summary>
internal static class GroupCheck
{
    // The largest number that clients represent exactly.
    private const long MaxNumber = (1L << 53) - 1;

    // All settings are in one property of a row, which holds 32 K characters.
    private const int MaxSettings = 30_000;

    /// <summary>Reads permissions.</summary>
    /// <param name="text">A boolset in Base64; null or empty for none.</param>
    /// <exception cref="CloudreveException">40001.</exception>
    public static Boolset ParsePermissions(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return default;
        return Boolset.TryParse(text, out var permissions) ? permissions : throw new CloudreveException(ErrorCode.BadParameter, "The permissions are malformed.");
    }

    /// <summary>Throws unless a group can be stored.</summary>
    /// <exception cref="CloudreveException">40001; the message names the field.</exception>
    public static void Check(Group group)
    {
        EditedText.CheckName(group.Name);
        var settings = group.Settings;
        RequireRange(group.MaxStorage, "max_storage");
        RequireRange(group.SpeedLimit, "speed_limit");
        RequireRange(settings.CompressSize, "compress_size");
        RequireRange(settings.DecompressSize, "decompress_size");
        RequireRange(settings.SourceBatch, "source_batch");
        RequireRange(settings.Aria2Batch, "aria2_batch");
        RequireRange(settings.MaxWalkedFiles, "max_walked_files");
        RequireRange(settings.TrashRetention, "trash_retention");
        if (JsonSerializer.Serialize(settings, SiteJson.Default.GroupSettings).Length > MaxSettings)
            throw new CloudreveException(ErrorCode.BadParameter, "The settings are too long.");
        CheckRoles(group);
    }

    /// <summary>Administrators stay administrators, and callers without an account, who are identified by their group alone, stay so.</summary>
    private static void CheckRoles(Group group)
    {
        if (group.Id == Group.AdminId && !group.Allows(GroupPermission.IsAdmin))
            throw new CloudreveException(ErrorCode.BadParameter, "The first group must remain an administrator group.");
        if (group.Allows(GroupPermission.IsAnonymous) != (group.Id == Group.AnonymousId))
            throw new CloudreveException(ErrorCode.BadParameter, "Only the built-in anonymous group can and must be the group of callers without an account.");
        if (group.Id == Group.AnonymousId && group.Allows(GroupPermission.IsAdmin))
            throw new CloudreveException(ErrorCode.BadParameter, "The anonymous group cannot be an administrator group.");
    }

    private static void RequireRange(long value, string field)
    {
        if (value is < 0 or > MaxNumber)
            throw new CloudreveException(ErrorCode.BadParameter, $"The value of '{field}' is out of range.");
    }
}
