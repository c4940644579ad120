using Xunit;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>The kinds of entries that a route needs at the place that a request names.</summary>
internal enum PlaceKind
{
    /// <summary>A file with two versions.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>Nothing: the request makes it.</summary>
    Nothing,
}

/// <summary>A user's object, and a URI that names it in one of the file systems.</summary>
/// <param name="Uri">The URI.</param>
/// <param name="OldVersion">The id of the version that is not the current one; empty when there is none.</param>
internal sealed record ForeignPlace(string Uri, string OldVersion)
{
    /// <summary>In the drive.</summary>
    public const string Drive = "drive";

    /// <summary>In the trash. The URI does not say whose.</summary>
    public const string Trash = "trash";

    /// <summary>In the trash, and the URI says whose.</summary>
    public const string NamedTrash = "named trash";

    /// <summary>Behind a link, without its password.</summary>
    public const string Share = "share";

    /// <summary>Behind a link, with its password.</summary>
    public const string OpenedShare = "opened share";

    /// <summary>Behind a shortcut to somebody else's link.</summary>
    public const string Shortcut = "shortcut";

    /// <summary>Creates an object and returns its name.</summary>
    public static async Task<ForeignPlace> CreateAsync(TwoUsers site, string names, PlaceKind kind, string name, byte[] content)
    {
        var path = site.NewPath(name);
        var version = "";
        if (names == Shortcut)
        {
            var redirect = new Dictionary<string, string> { ["sys:shared_redirect"] = "cloudreve://x@share" };
            return new ForeignPlace("cloudreve://shared_with_me/" + await TwoUsers.CreateAsync(site.Alice, path, "folder", redirect), "");
        }
        await TwoUsers.CreateAsync(site.Alice, Path.GetDirectoryName(path)!, "folder");
        if (kind == PlaceKind.Folder)
            await TwoUsers.CreateAsync(site.Alice, path, "folder");
        if (kind == PlaceKind.File)
        {
            version = await TwoUsers.WriteAsync(site.Alice, path, content);
            await TwoUsers.WriteAsync(site.Alice, path, content);
        }
        return new ForeignPlace(await NameAsync(site, names, path), version);
    }

    private static async Task<string> NameAsync(TwoUsers site, string names, string path)
    {
        switch (names)
        {
            case Drive:
                return site.Alice.Uri(path);
            case Trash:
                return await TwoUsers.TrashAsync(site.Alice, path);
            case NamedTrash:
                return (await TwoUsers.TrashAsync(site.Alice, path)).Replace("://", $"://{site.Alice.Id}@", StringComparison.Ordinal);
            case Share or OpenedShare:
                var share = await site.ShareAsync(site.Alice, Path.GetDirectoryName(path)!);
                var password = names == OpenedShare ? ":" + TwoUsers.SharePassword : "";
                return $"cloudreve://{share}{password}@share/{Path.GetFileName(path)}";
            default:
                Assert.Fail($"There is no place called {names}.");
                return "";
        }
    }
}
