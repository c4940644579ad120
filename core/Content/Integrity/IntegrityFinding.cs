namespace Cloudreve.Core.Content.Integrity;

/// <summary>The kinds of problems that a check finds.</summary>
public enum IntegrityKind
{
    /// <summary>Something refers to what does not exist.</summary>
    Dangling,

    /// <summary>An imported blob is gone: not the site removed it, but whoever it belongs to.</summary>
    SourceGone,

    /// <summary>Nothing refers to it, and nobody is about to remove it.</summary>
    Orphan,

    /// <summary>A size that is noted is not that of the content.</summary>
    WrongSize,

    /// <summary>The bytes that are charged are not those of the owner's files and uploads.</summary>
    WrongQuota,
}

/// <summary>Something that does not fit.</summary>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Text">Its name, in words for administrators.</param>
public sealed record IntegrityFinding(IntegrityKind Kind, string Text);
