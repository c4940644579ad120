using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files.Uploads;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>The content that viewers write (contract, section 16).</summary>
/// <param name="writer">Writes content.</param>
/// <param name="sessions">Sessions for files that viewers create.</param>
internal sealed class WopiContent(FileContentWriter writer, EntriesByPath byPath, ViewerSessions sessions)
{
    private const string SuggestedTarget = "X-WOPI-SuggestedTarget";
    private const string RelativeTarget = "X-WOPI-RelativeTarget";

    // Maximum number of names that are tried for a new file.
    private const int MaxNames = 100;

    /// <summary>Writes a new version of a file, unless another call has done so since the request began.</summary>
    /// <param name="request">The request, whose body is the content.</param>
    /// <param name="held">The viewer's lock; null for none.</param>
    /// <returns>The file with its new version.</returns>
    /// <exception cref="WopiException">413: the content is too large; 411: its length is not announced.</exception>
    public Task<FileRecord> ReplaceAsync(HttpRequest request, WopiFile file, DriveLock? held, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            file.Caller,
            new ContentRequest(file.Place.Path, CheckLength(request, file.Site))
            {
                Previous = file.File.PrimaryEntityId,
                LockTokens = held is null ? [] : [held.Token],
            },
            request.Body,
            cancellationToken);

    /// <summary>Creates a file beside another, under the name that the viewer suggests or a similar one that is free.</summary>
    /// <param name="http">The request, whose body is the content.</param>
    /// <param name="file">The other file.</param>
    /// <returns>The new file, with a session of its own.</returns>
    /// <exception cref="WopiException">400: no name or a malformed one; 501: a name that must be used as it is; 413 and 411 as above.</exception>
    public async Task<WopiNewFile> CreateBesideAsync(HttpContext http, WopiFile file, CancellationToken cancellationToken)
    {
        var length = CheckLength(http.Request, file.Site);
        var name = await FindNameAsync(file, Suggestion(http.Request, file), cancellationToken);
        var path = file.Place.Path.Parent.Child(name);
        var created = await writer.WriteAsync(
            file.Caller, new ContentRequest(path, length) { Previous = 0 }, http.Request.Body, cancellationToken);
        var token = await sessions.CreateAsync(
            file.Session with { Id = Guid.NewGuid(), FileId = created.Id, Uri = file.Place.UriOf(path), VersionId = 0 }, cancellationToken);
        return new WopiNewFile(name, $"{WopiSource.Of(http, file.Site, created.Id)}?access_token={Uri.EscapeDataString(token)}");
    }

    private static long CheckLength(HttpRequest request, SiteSettings site)
    {
        var length = BodyLength.Of(request) ?? throw new WopiException(StatusCodes.Status411LengthRequired, "The length of the content is missing.");
        return length <= site.Get(SiteSetting.MaxEditSize)
            ? length
            : throw new WopiException(StatusCodes.Status413PayloadTooLarge, "The content is too large.");
    }

    private static string Suggestion(HttpRequest request, WopiFile file)
    {
        if (request.Headers.ContainsKey(RelativeTarget))
            throw new WopiException(StatusCodes.Status501NotImplemented, "Only suggested names are supported.");
        if (Utf7.Decode(request.Headers[SuggestedTarget].ToString()) is not { Length: > 0 } name)
            throw new WopiException(StatusCodes.Status400BadRequest, "The suggested name is missing or malformed.");
        // A suggestion that starts with a dot is an extension for the name that the file has.
        return name.StartsWith('.') ? Path.GetFileNameWithoutExtension(file.File.Name) + name : name;
    }

    private async Task<string> FindNameAsync(WopiFile file, string suggestion, CancellationToken cancellationToken)
    {
        FilePath.CheckName(suggestion);
        var (stem, extension) = (Path.GetFileNameWithoutExtension(suggestion), Path.GetExtension(suggestion));
        for (var i = 0; i < MaxNames; i++)
        {
            var name = i == 0 ? suggestion : $"{stem} ({i}){extension}";
            if (await byPath.FindEntryAsync(file.File.ParentId, name, cancellationToken) is null)
                return name;
        }
        throw new WopiException(StatusCodes.Status409Conflict, "No free name similar to the suggested one was found.");
    }
}
