using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Linting;

/// <summary>The files that a check covers.</summary>
/// <param name="staged">Paths from the root, of what the next commit changes; null for the whole repository.</param>
internal sealed class LintScope(IReadOnlySet<string>? staged)
{
    /// <summary>All files.</summary>
    public static LintScope Everything { get; } = new(null);

    /// <summary>The chosen files; null for all.</summary>
    public IReadOnlySet<string>? Files => staged;

    /// <summary>Finds what the next commit adds or changes. Files are checked as they are in the working tree.</summary>
    public static async Task<LintScope> StagedAsync(Repository repository, CancellationToken cancellationToken)
    {
        string[] arguments = ["diff", "--cached", "--name-only", "--diff-filter=ACMR", "-z"];
        var names = await Executable.ReadAsync("git", arguments, repository.Root, cancellationToken);
        return new LintScope(names.Split('\0', StringSplitOptions.RemoveEmptyEntries).ToHashSet());
    }

    /// <summary>Checks whether a file is among them.</summary>
    /// <param name="file">Its path from the root.</param>
    public bool Includes(string file) => staged?.Contains(file) ?? true;

    /// <summary>Checks whether a file below a folder is among them.</summary>
    /// <param name="folder">Its path from the root, with a slash at the end.</param>
    public bool Touches(string folder) => staged?.Any(file => file.StartsWith(folder, StringComparison.Ordinal)) ?? true;
}
