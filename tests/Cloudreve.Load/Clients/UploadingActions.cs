using Cloudreve.Load.Contests;
using Cloudreve.Load.Drives;

namespace Cloudreve.Load.Clients;

/// <summary>A client's writes: in one request, or in chunks, straight to storage or through the app as the site says.</summary>
internal sealed class UploadingActions(LoadUser user, DriveModel model, Random random, Strictness strictness)
{
    private const int Tries = 3;
    private const int LargestPut = 30_000;
    private const int LargestUpload = 250_000;

    /// <summary>Writes a new file in one request.</summary>
    public async Task PutAsync()
    {
        var (node, place) = New(LargestPut);
        var reply = await Contest.PutAsync(user, "put new content", DriveNode.PathAt(place), node.Contents[0]);
        Finish(node, place, reply, "put");
    }

    /// <summary>Writes new content into a file.</summary>
    public async Task OverwriteAsync()
    {
        if (AnyFile() is not { } node)
            return;
        var content = model.NextContent(random, LargestPut);
        var reply = await Contest.PutAsync(user, "overwrite content", node.Path, content);
        Finish(node, content, reply, "overwrite");
    }

    /// <summary>Uploads a new file, or a new version of one, in chunks.</summary>
    public async Task UploadAsync()
    {
        if (random.Next(3) == 0 && AnyFile() is { } file)
        {
            var content = model.NextContent(random, LargestUpload);
            Finish(file, content, await SendAsync(file, file.Path, content, isVersion: true), "upload of a version");
            return;
        }
        var (node, place) = New(LargestUpload);
        Finish(node, place, await SendAsync(node, DriveNode.PathAt(place), node.Contents[0], isVersion: false), "upload");
    }

    /// <summary>Begins an upload and leaves it alone.</summary>
    public async Task AbandonAsync()
    {
        var (node, place) = New(LargestUpload);
        node.Doubt(place);
        node.IsLeftOpen = true;
        var reply = await BeginAsync(DriveNode.PathAt(place), node.Contents[0], isVersion: false);
        user.History.Note($"begin and leave {DriveNode.PathAt(place)}: {reply.Result}");
    }

    private async Task<Reply> SendAsync(DriveNode node, string path, Content content, bool isVersion)
    {
        var session = await BeginAsync(path, content, isVersion);
        if (!session.IsDone)
        {
            node.IsLeftOpen = session.Kind == ReplyKind.Unknown;
            return session;
        }
        var reply = await SendChunksAsync(session, content);
        if (reply.IsDone)
            return reply;
        node.IsLeftOpen = true;
        var cancelled = await user.Api.DeleteAsync("cancel upload", "file/upload", new { id = session.Data.GetProperty("session_id").GetString(), uri = DriveReader.UriOf(path) });
        user.History.Note($"upload {path} {content}: {reply.Result}, cancelled: {cancelled.Result}");
        return reply with { Kind = ReplyKind.Unknown };
    }

    private async Task<Reply> BeginAsync(string path, Content content, bool isVersion)
    {
        var reply = await user.Api.PutAsync("begin upload", "file/upload", new
        {
            uri = DriveReader.UriOf(path),
            size = content.Size,
            policy_id = "",
            mime_type = "application/octet-stream",
            entity_type = isVersion ? "version" : null,
        });
        user.History.Note($"begin upload {path} {content}: {reply.Result}");
        return reply;
    }

    private async Task<Reply> SendChunksAsync(Reply session, Content content)
    {
        var bytes = content.Bytes();
        var size = session.Data.GetProperty("chunk_size").GetInt32();
        var chunks = bytes.Length == 0 ? [[]] : bytes.Chunk(size == 0 ? bytes.Length : size).ToArray();
        var id = session.Data.GetProperty("session_id").GetString();
        if (!session.Data.TryGetProperty("upload_urls", out var urls))
            return await ForEachAsync(chunks, (i, chunk) => RelayAsync($"file/upload/{id}/{i}", chunk));
        var addresses = urls.EnumerateArray().Select(url => url.GetString()!).ToList();
        var sent = await ForEachAsync(chunks, (i, chunk) => user.Api.SendBytesAsync("upload chunk directly", HttpMethod.Put, addresses[i], chunk));
        if (!sent.IsDone)
            return sent;
        var completed = await TryAsync(() => user.Api.SendBytesAsync("complete upload", HttpMethod.Post, session.Data.GetProperty("completeURL").GetString()!, []));
        return completed.IsDone
            ? await TryAsync(() => user.Api.GetAsync("confirm upload", $"callback/s3/{id}/{session.Data.GetProperty("callback_secret").GetString()}"))
            : completed;
    }

    private Task<Reply> RelayAsync(string path, byte[] chunk) =>
        user.Api.SendAsync("upload chunk through the app", HttpMethod.Post, path, new ByteArrayContent(chunk));

    private static async Task<Reply> ForEachAsync(byte[][] chunks, Func<int, byte[], Task<Reply>> send)
    {
        Reply reply = default;
        for (var i = 0; i < chunks.Length; i++)
        {
            reply = await TryAsync(() => send(i, chunks[i]));
            if (!reply.IsDone)
                return reply;
        }
        return reply;
    }

    /// <summary>As clients do: once more after a failure.</summary>
    private static async Task<Reply> TryAsync(Func<Task<Reply>> send)
    {
        var reply = await send();
        for (var i = 1; i < Tries && reply.Kind == ReplyKind.Unknown; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500));
            reply = await send();
        }
        return reply;
    }

    private void Finish(DriveNode node, Place place, Reply reply, string operation)
    {
        if (reply.IsDone)
            node.Settle(place);
        else if (reply.Kind == ReplyKind.Unknown)
            node.Doubt(place);
        else
        {
            Judge(node, reply, operation);
            model.Nodes.Remove(node);
        }
    }

    private void Finish(DriveNode node, Content content, Reply reply, string operation)
    {
        if (reply.IsDone)
            node.Settle(content);
        else if (reply.Kind == ReplyKind.Unknown)
            node.Doubt(content);
        else
            Judge(node, reply, operation);
    }

    private void Judge(DriveNode node, Reply reply, string operation)
    {
        if (node.Place.State == PlaceState.Live && node.Places.Count > 1)
            node.MarkUnread();
        else if (!strictness.Allows(reply.Code))
            user.Differ($"{operation} of {node} was refused with {reply.Code}", node.Place.Name);
    }

    private (DriveNode Node, Place Place) New(int largest)
    {
        var place = new Place(PlaceState.Live, model.AnyFolder(random), model.NextName());
        var node = DriveNode.File(place.Gone(), model.NextContent(random, largest));
        model.Nodes.Add(node);
        return (node, place);
    }

    private DriveNode? AnyFile()
    {
        var files = model.Usable(isFolder: false).Where(f => !f.IsLeftOpen).ToList();
        return files.Count == 0 ? null : files[random.Next(files.Count)];
    }
}
