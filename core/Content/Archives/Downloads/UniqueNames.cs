namespace Cloudreve.Core.Content.Archives.Downloads;

/// <summary>Numbers names that occur twice, even if they differ only in case, since some systems treat those as equal.</summary>
internal sealed class UniqueNames
{
    private readonly HashSet<string> _taken = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name, or <c>name (1).ext</c> and so on when it is taken.</summary>
    /// <param name="name">The wanted name.</param>
    public string Choose(string name)
    {
        var chosen = name;
        for (var i = 1; !_taken.Add(chosen); i++)
            chosen = $"{Path.GetFileNameWithoutExtension(name)} ({i}){Path.GetExtension(name)}";
        return chosen;
    }
}
