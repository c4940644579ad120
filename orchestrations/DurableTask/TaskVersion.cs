namespace Cloudreve.DurableTask;

/// <summary>
/// The version of an orchestrator's code. An instance keeps the version that it was started with, so new code under the same
/// name never meets an old history. Versions are compared without regard to case.
/// </summary>
public readonly record struct TaskVersion
{
    private readonly string? _version;

    /// <summary>Creates a version.</summary>
    /// <param name="version">Its text; null or empty for none.</param>
    public TaskVersion(string? version) => _version = version;

    /// <summary>No version: what instances have that were started without one.</summary>
    public static TaskVersion Unversioned => default;

    /// <summary>Its text; empty for none.</summary>
    public string Version => _version ?? "";

    /// <summary>Makes a version of a string.</summary>
    /// <param name="version">Its text.</param>
    public static implicit operator TaskVersion(string? version) => new(version);

    /// <summary>Makes a version of a string.</summary>
    /// <param name="version">Its text.</param>
    public static TaskVersion FromString(string? version) => new(version);

    /// <inheritdoc/>
    public bool Equals(TaskVersion other) => string.Equals(Version, other.Version, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.OrdinalIgnoreCase.GetHashCode(Version);

    /// <inheritdoc/>
    public override string ToString() => Version;

    /// <summary>The text as the protocol carries it; null for none.</summary>
    internal string? ToMessage() => Version.Length == 0 ? null : Version;
}
