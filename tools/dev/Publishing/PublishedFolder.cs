using System.Globalization;
using System.Text.Json.Nodes;

namespace Cloudreve.Dev.Publishing;

/// <summary>The folder of a published worker app.</summary>
internal static class PublishedFolder
{
    // The SDK writes these; no Functions host reads them.
    private static readonly string[] s_needless = ["*.pdb", "*.xml", "web.config", "createdump", "appsettings*.json", "*.staticwebassets.*.json"];

    /// <summary>Empties a folder that an earlier publish has written; leaves any other alone.</summary>
    /// <exception cref="CommandException">The folder holds something else.</exception>
    public static void Clear(string folder)
    {
        if (Directory.Exists(folder))
        {
            if (Directory.EnumerateFileSystemEntries(folder).Any() && !File.Exists(Path.Combine(folder, "host.json")))
                throw new CommandException($"{folder} is no folder that 'publish' has written: choose an empty one.");
            Directory.Delete(folder, recursive: true);
        }
        Directory.CreateDirectory(folder);
    }

    /// <summary>Removes files that only development needs.</summary>
    public static void RemoveNeedless(string folder)
    {
        foreach (var file in s_needless.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern)).ToList())
            File.Delete(file);
    }

    /// <summary>The number of functions and the size.</summary>
    public static string Describe(string folder)
    {
        var functions = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "functions.metadata")))?.AsArray().Count;
        var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        return string.Create(CultureInfo.InvariantCulture, $"{functions} functions, {bytes / 1_000_000.0:0.0} MB");
    }
}
