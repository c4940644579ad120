using System.Globalization;
using System.Text;
using Cloudreve.AzureStorage.Blobs;

namespace Cloudreve.Dev.Demo;

/// <summary>A small tree of files as a user might keep them: texts, tables, pictures, names from several scripts.</summary>
internal static class DemoTree
{
    /// <summary>The folder of the container that the tree is put in.</summary>
    public const string Root = "demo";

    private static readonly string[] s_folders =
    [
        "", "Documents", "Documents/Letters", "Documents/Letters/2024", "Documents/Letters/2025", "Documents/Invoices", "Documents/Recipes",
        "Pictures", "Pictures/Summer – Sjælland", "Pictures/京都", "Pictures/京都/紅葉", "Pictures/Семья", "Projects", "Projects/website",
        "Projects/website/css", "Projects/website/img", "Projects/notes & ideas", "Projects/100% done", "Музыка", "Archive/a/b/c/d/e",
    ];

    private static readonly string[] s_names =
    [
        "read me.txt", "résumé.txt", "目次.txt", "план.md", "numbers.csv", "page.html", "sunrise 🌅.png", "blue #1.png", "data.json", "why #1 & 100%.txt",
    ];

    /// <summary>Number of files in the tree.</summary>
    public static int FileCount => s_folders.Length * s_names.Length;

    /// <summary>Writes the tree into a container; existing files are overwritten.</summary>
    /// <param name="container">The container, which must exist.</param>
    public static Task WriteAsync(BlobContainer container, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(
            s_folders.SelectMany((folder, i) => s_names.Select((name, j) => (Folder: folder, Name: name, Seed: (i * s_names.Length) + j))),
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken },
            async (file, stop) =>
            {
                var path = file.Folder.Length == 0 ? $"{Root}/{file.Name}" : $"{Root}/{file.Folder}/{file.Name}";
                await container.WriteAsync(path, BinaryData.FromBytes(Content(file.Name, file.Seed)), cancellationToken: stop);
            });

    private static byte[] Content(string name, int seed) => Path.GetExtension(name) switch
    {
        ".png" => PngPicture.Gradient(160 + (seed % 64), 120, seed),
        ".csv" => Text(string.Concat(Enumerable.Range(0, 50 + seed).Select(i => Invariant($"{i},{i * seed},{i * i}\n")))),
        ".json" => Text(Invariant($$"""{"title":"Demo {{seed}}","items":[{{string.Join(',', Enumerable.Range(0, seed % 20))}}]}""")),
        ".html" => Text(Invariant($"<!doctype html><title>Page {seed}</title><h1>Page {seed}</h1><p>A page of the demo.</p>\n")),
        _ => Text(Invariant($"{name}\n\nText number {seed} of the demo. Ελληνικά, 日本語, русский, emoji 🎉.\n") + new string('=', seed)),
    };

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
