using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Imports;

/// <summary>A storage policy's rules for names, types and sizes (contract, sections 14 and 22).</summary>
/// <param name="Suffixes">Extensions without dot, lower case; empty for no rule.</param>
/// <param name="SuffixesAreDenied">True if the extensions are refused; otherwise only they are allowed.</param>
/// <param name="NamePattern">A regular expression on names; null for no rule.</param>
/// <param name="PatternIsDenied">True if matching names are refused; otherwise only they are allowed.</param>
/// <param name="MaxSize">Bytes of the largest file; 0 for no limit.</param>
public sealed record FileRules(
    IReadOnlySet<string> Suffixes, bool SuffixesAreDenied, Regex? NamePattern, bool PatternIsDenied, long MaxSize)
{
    private const string ArchiveTier = "Archive";
    private const int FirstFullWidth = 0xFF01;
    private const int LastFullWidth = 0xFF5E;
    private const string TooLarge = "The file is larger than the storage policy allows.";

    /// <summary>The rules of a policy.</summary>
    public static FileRules Of(StoragePolicy policy) => new(
        (policy.Settings.FileType ?? []).Select(s => s.TrimStart('.').ToLowerInvariant()).Where(s => s.Length > 0).ToHashSet(),
        policy.Settings.IsFileTypeDenyList,
        // The pattern comes from an administrator, the names do not: a linear-time engine cannot be made to hang.
        string.IsNullOrEmpty(policy.Settings.FileRegexp) ? null : new Regex(policy.Settings.FileRegexp, RegexOptions.NonBacktracking, TimeSpan.FromSeconds(1)),
        policy.Settings.IsNameRegexpDenyList,
        policy.MaxSize);

    /// <summary>The reason that a blob may not become a file of the given name; null when it may.</summary>
    /// <param name="name">The file's name.</param>
    public string? Refuse(string name, BlobItem blob)
    {
        if (string.Equals(blob.AccessTier, ArchiveTier, StringComparison.OrdinalIgnoreCase))
            return "The blob is in the archive tier; rehydrate it and import it again.";
        if (MaxSize > 0 && blob.Size > MaxSize)
            return TooLarge;
        return RefuseName(name);
    }

    /// <summary>The reason that a file may not have a name; null when it may.</summary>
    public string? RefuseName(string name) => Judge(name)?.Reason;

    /// <summary>Throws unless a file may have a name.</summary>
    /// <exception cref="CloudreveException">40050 for its extension, 40052 for anything else.</exception>
    public void CheckName(string name)
    {
        if (Judge(name) is var (code, reason))
            throw new CloudreveException(code, reason);
    }

    /// <summary>Throws when a file is too large.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="CloudreveException">40049.</exception>
    public void CheckSize(long size)
    {
        if (MaxSize > 0 && size > MaxSize)
            throw new CloudreveException(ErrorCode.FileTooLarge, TooLarge);
    }

    private (ErrorCode Code, string Reason)? Judge(string name)
    {
        if (!FilePath.IsValidName(name))
            return (ErrorCode.IllegalName, name.Length == 0 ? "The name is empty." : "The name is not allowed.");
        if (Suffixes.Count > 0 && IsRefusedType(name))
            return (ErrorCode.FileTypeRefused, "The storage policy does not allow this file type.");
        if (NamePattern is not null && NamePattern.IsMatch(name) == PatternIsDenied)
            return (ErrorCode.IllegalName, "The storage policy does not allow this name.");
        return null;
    }

    /// <summary>
    /// An extension is checked as it is written and as systems and readers may see it: Windows drops trailing dots and blanks, and
    /// nobody sees a zero-width character. A denied type is denied in either form, an allowed one must be allowed in both.
    /// </summary>
    private bool IsRefusedType(string name)
    {
        var written = Suffixes.Contains(ExtensionOf(name));
        var taken = Suffixes.Contains(ExtensionOf(Plain(name)));
        return SuffixesAreDenied ? written || taken : !(written && taken);
    }

    private static string ExtensionOf(string name) => Path.GetExtension(name).TrimStart('.').ToLowerInvariant();

    private static string Plain(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (var rune in name.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format || IsFiller(rune))
                continue;
            var isFullWidth = rune.Value is >= FirstFullWidth and <= LastFullWidth;
            text.Append(isFullWidth ? new Rune(rune.Value - FirstFullWidth + '!') : rune);
        }
        return text.ToString().TrimEnd('.', ' ');
    }

    /// <summary>White space, and invisible characters of any width.</summary>
    private static bool IsFiller(Rune rune) => Rune.IsWhiteSpace(rune) || rune.Value is 0x115F or 0x1160 or 0x2800 or 0x3164 or 0xFFA0;
}
