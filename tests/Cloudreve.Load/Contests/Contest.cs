using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Headers;
using Cloudreve.Load.Clients;
using Cloudreve.Load.Drives;

namespace Cloudreve.Load.Contests;

/// <summary>
/// The objects that all clients of a user compete for: one name that all write to, names that only one may create, one folder that all fill, and
/// files that all move among sixteen folders.
/// </summary>
internal sealed class Contest(LoadUser user)
{
    public const string Root = "/contest";
    private const int Folders = 16;
    private const string OneName = Root + "/one.bin";
    private readonly ConcurrentBag<ContestWrite> _writes = [];
    private readonly ConcurrentDictionary<string, bool> _crowd = new();
    private readonly ConcurrentDictionary<int, ContestName> _races = new();
    private readonly ConcurrentDictionary<int, int> _whereabouts = new();
    private int _next;

    public async Task PrepareAsync()
    {
        await CreateAsync(Root + "/crowd", "folder");
        await CreateAsync(Root + "/races", "folder");
        for (var i = 0; i < Folders; i++)
            await CreateAsync(FolderOf(i), "folder");
        for (var i = 0; i < Folders; i++)
        {
            await CreateAsync($"{FolderOf(i)}/{FileOf(i)}", "file");
            _whereabouts[i] = i;
        }
    }

    public Task ActAsync(Random random) => random.Next(4) switch
    {
        0 => WriteAsync(),
        1 => FillAsync(),
        2 => RaceAsync(),
        _ => MoveAsync(random.Next(Folders), random.Next(Folders)),
    };

    /// <summary>All write to one name; the last write that began after all others were answered has to win.</summary>
    private async Task WriteAsync()
    {
        var content = new Content(Interlocked.Increment(ref _next), 500);
        var write = new ContestWrite(content, Stopwatch.GetTimestamp());
        var reply = await PutAsync(user, "put one name", OneName, content);
        write.Kind = reply.Kind;
        write.End = reply.IsDone ? Stopwatch.GetTimestamp() : long.MaxValue;
        _writes.Add(write);
    }

    private async Task FillAsync()
    {
        var name = $"c{Interlocked.Increment(ref _next)}";
        var reply = await user.Api.PostAsync("create in one folder", "file/create", new { uri = DriveReader.UriOf($"{Root}/crowd/{name}"), type = "file", err_on_conflict = true });
        user.History.Note($"create {Root}/crowd/{name}: {reply.Result}");
        if (reply.Kind != ReplyKind.Refused)
            _crowd[name] = reply.IsDone;
    }

    /// <summary>Several clients create one name, and only one may succeed.</summary>
    private async Task RaceAsync()
    {
        var number = Interlocked.Increment(ref _next) / 4;
        var name = _races.GetOrAdd(number, static _ => new ContestName());
        var reply = await user.Api.PostAsync("create one name", "file/create", new { uri = DriveReader.UriOf($"{Root}/races/r{number}"), type = "folder", err_on_conflict = true });
        user.History.Note($"create {Root}/races/r{number}: {reply.Result}");
        name.Note(reply.Kind);
    }

    private async Task MoveAsync(int file, int folder)
    {
        var from = _whereabouts[file];
        if (from == folder)
            return;
        var path = $"{FolderOf(from)}/{FileOf(file)}";
        var reply = await user.Api.PostAsync(
            "move among 16 folders", "file/move", new { uris = new[] { DriveReader.UriOf(path) }, dst = DriveReader.UriOf(FolderOf(folder)) });
        user.History.Note($"move {path} to {FolderOf(folder)}: {reply.Result}");
        if (reply.IsDone)
            _whereabouts[file] = folder;
        else if (DriveReader.IsMissing(reply) && await FindAsync(file) is { } found)
            _whereabouts[file] = found;
    }

    private async Task<int?> FindAsync(int file)
    {
        for (var i = 0; i < Folders; i++)
        {
            if (await user.Reader.ExistsAsync($"{FolderOf(i)}/{FileOf(file)}") == true)
                return i;
        }
        return null;
    }

    /// <summary>Compares a drive with what its clients know.</summary>
    /// <param name="seen">Everything in the drive, by path.</param>
    public async Task CheckAsync(IReadOnlyDictionary<string, SeenEntry> seen)
    {
        CheckCrowd(seen);
        CheckRaces(seen);
        for (var i = 0; i < Folders; i++)
        {
            var places = Enumerable.Range(0, Folders).Select(f => $"{FolderOf(f)}/{FileOf(i)}").Where(seen.ContainsKey).ToList();
            if (places.Count != 1)
                user.Differ($"the file {FileOf(i)}, which was moved among folders, is at [{string.Join(", ", places)}]", FileOf(i) + " ");
        }
        await CheckWritesAsync(seen);
    }

    private void CheckCrowd(IReadOnlyDictionary<string, SeenEntry> seen)
    {
        foreach (var (name, isCertain) in _crowd.Where(c => c.Value && !seen.ContainsKey($"{Root}/crowd/{c.Key}")))
            user.Differ($"{Root}/crowd/{name} was created (certain: {isCertain}) and is not there", name);
        foreach (var path in seen.Keys.Where(p => p.StartsWith(Root + "/crowd/", StringComparison.Ordinal) && !_crowd.ContainsKey(p[(Root.Length + 7)..])))
            user.Differ($"{path} is there although its creation was refused", path);
    }

    private void CheckRaces(IReadOnlyDictionary<string, SeenEntry> seen)
    {
        foreach (var (number, name) in _races)
        {
            var path = $"{Root}/races/r{number}";
            if (name.Successes > 1)
                user.Differ($"{path} was created by {name.Successes} clients", path);
            if (seen.ContainsKey(path) ? name.Successes + name.Unknown == 0 : name.Successes > 0)
                user.Differ($"{path} was created {name.Successes} times, perhaps {name.Unknown} times more, and is {(seen.ContainsKey(path) ? "" : "not ")}there", path);
        }
    }

    private async Task CheckWritesAsync(IReadOnlyDictionary<string, SeenEntry> seen)
    {
        var writes = _writes.Where(w => w.Kind != ReplyKind.Refused).ToList();
        if (!seen.ContainsKey(OneName))
        {
            if (writes.Exists(w => w.Kind == ReplyKind.Done))
                user.Differ($"{OneName} was written and is not there", OneName);
            return;
        }
        if (await user.Reader.DownloadAsync(OneName) is not { } bytes)
        {
            user.Differ($"{OneName} cannot be read", OneName);
            return;
        }
        var winner = writes.Find(w => w.Content.Is(bytes));
        if (winner is null)
            user.Differ($"{OneName} holds {bytes.Length} bytes that no client has written", OneName);
        else if (writes.Find(w => w.Kind == ReplyKind.Done && w.Start > winner.End) is { } later)
            user.Differ($"{OneName} holds {winner.Content}, although {later.Content} was written later", OneName);
    }

    private static string FolderOf(int index) => $"{Root}/m{index:d2}";

    private static string FileOf(int index) => $"wanderer{index:d2}";

    private Task CreateAsync(string path, string type) =>
        LoadUser.RequireAsync(() => user.Api.PostAsync("prepare", "file/create", new { uri = DriveReader.UriOf(path), type }));

    /// <summary>Writes content in one request.</summary>
    public static async Task<Reply> PutAsync(LoadUser user, string operation, string path, Content content)
    {
        var body = new ByteArrayContent(content.Bytes());
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        var reply = await user.Api.SendAsync(operation, HttpMethod.Put, "file/content?uri=" + Uri.EscapeDataString(DriveReader.UriOf(path)), body);
        user.History.Note($"put {path} {content}: {reply.Result}");
        return reply;
    }
}

/// <summary>A write to the one name.</summary>
internal sealed class ContestWrite(Content content, long start)
{
    public Content Content { get; } = content;

    public long Start { get; } = start;

    public long End { get; set; }

    public ReplyKind Kind { get; set; }
}

/// <summary>A name that only one client may create.</summary>
internal sealed class ContestName
{
    private int _successes;
    private int _unknown;

    public int Successes => _successes;

    public int Unknown => _unknown;

    public void Note(ReplyKind kind)
    {
        if (kind == ReplyKind.Done)
            Interlocked.Increment(ref _successes);
        else if (kind == ReplyKind.Unknown)
            Interlocked.Increment(ref _unknown);
    }
}
