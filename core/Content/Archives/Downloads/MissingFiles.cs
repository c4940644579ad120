using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Downloads;

/// <summary>Files that an archive lacks because their content cannot be read.</summary>
public sealed class MissingFiles
{
    /// <summary>The name of the text file that names them inside the archive.</summary>
    public const string FileName = "MISSING FILES.txt";

    private const int MaxNamed = 1000;

    private readonly List<(string Path, string Reason)> _named = [];

    /// <summary>Number of missing files.</summary>
    public int Count { get; private set; }

    /// <summary>The first of them, with reasons for people.</summary>
    public IReadOnlyList<(string Path, string Reason)> Named => _named;

    /// <summary>
    /// Checks whether an error concerns a single file. While storage is unavailable every file would seem to be missing, so that does not count.
    /// </summary>
    /// <param name="error">The error of the read.</param>
    internal static bool IsOfOneFile(Exception error) => error is CloudreveException or (StorageException and not StorageUnavailableException);

    internal void Add(string path, Exception error) => Add(path, error switch
    {
        CloudreveException e => e.Message,
        StorageNotFoundException => "Its content does not exist.",
        _ => "Its content cannot be read.",
    });

    internal void Add(string path, string reason)
    {
        Count++;
        if (_named.Count < MaxNamed)
            _named.Add((path, reason));
    }

    /// <summary>The text file's content; with line ends that every system shows.</summary>
    internal byte[] ToText()
    {
        var text = new StringBuilder("These files could not be read. They are missing from this archive, or damaged in it.\r\n\r\n");
        foreach (var (path, reason) in _named)
            text.Append(path).Append(": ").Append(reason).Append("\r\n");
        if (Count > _named.Count)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"... and {Count - _named.Count} more\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
