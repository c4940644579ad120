namespace Cloudreve.DurableTask;

/// <summary>The name of an orchestrator or activity. Names are compared without regard to case.</summary>
/// <param name="Name">The name; not empty.</param>
public readonly record struct TaskName(string Name)
{
    /// <summary>Makes a name of a string.</summary>
    /// <param name="name">The name.</param>
    public static implicit operator TaskName(string name) => new(name);

    /// <summary>Makes a name of a string.</summary>
    /// <param name="name">The name.</param>
    public static TaskName FromString(string name) => new(name);

    /// <inheritdoc/>
    public bool Equals(TaskName other) => string.Equals(Name, other.Name, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    public override int GetHashCode() => Name is null ? 0 : StringComparer.OrdinalIgnoreCase.GetHashCode(Name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
