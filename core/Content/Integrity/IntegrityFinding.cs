namespace Cloudreve.Core.Content.Integrity;

/// <summary>The kinds of problems that a check finds.</summary>
public enum IntegrityKind
{
    /// <summary>A reference to something that does not exist.</summary>
    Dangling,

    /// <summary>An imported blob is gone: it was removed by its owner, not by the site.</summary>
    SourceGone,

    /// <summary>Nothing refers to it, and nobody is about to remove it.</summary>
    Orphan,

    /// <summary>A recorded size differs from that of the content.</summary>
    WrongSize,

    /// <summary>The charged bytes differ from those of the owner's files and uploads.</summary>
    WrongQuota,
}

/// <summary>An inconsistency.</summary>
/// <param name="Kind">The kind of problem.</param>
/// <param name="Text">Its name, in words for administrators.</param>
public sealed record IntegrityFinding(IntegrityKind Kind, string Text);
