namespace Cloudreve.Functions.FrontEnd;

/// <summary>Names of a front end's files.</summary>
internal static class AssetName
{
    private const string Folder = "/assets/";
    private const int HashLength = 8;

    /// <summary>
    /// Checks whether the file's name contains a hash of its content, such as <c>/assets/index-DiwrgTda.js</c>, so that the content under the
    /// name never changes. A digit or a capital distinguishes the hash from a word; a hash without either only means that the file is cached for
    /// a shorter time.
    /// </summary>
    /// <param name="path">The path of the file.</param>
    public static bool IsHashed(string? path)
    {
        if (path is null || !path.StartsWith(Folder, StringComparison.Ordinal))
            return false;
        var stem = Path.GetFileNameWithoutExtension(path.AsSpan());
        if (stem.Length <= HashLength || stem[^(HashLength + 1)] is not ('-' or '.'))
            return false;
        var (isHash, isWord) = (true, true);
        foreach (var c in stem[^HashLength..])
        {
            isHash &= char.IsAsciiLetterOrDigit(c) || c is '-' or '_';
            isWord &= char.IsAsciiLetterLower(c) || c is '-' or '_';
        }
        return isHash && !isWord;
    }
}
