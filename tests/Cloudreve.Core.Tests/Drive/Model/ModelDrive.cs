using System.Collections.Immutable;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Tests.Drive.Model;

/// <summary>A file or a folder of the model.</summary>
internal abstract record ModelEntry
{
    /// <summary>The entry and all below it as lines, which say everything that matters.</summary>
    public abstract IEnumerable<string> Print(string path);
}

/// <summary>A file. Contents are named by numbers, later ones by larger ones; 0 is the empty content, which is never a version.</summary>
internal sealed record ModelFile(int Current, ImmutableSortedSet<int> Older) : ModelEntry
{
    public static ModelFile Empty { get; } = new(0, []);

    public static long SizeOf(int content) => content == 0 ? 0 : (20 * content) + 1;

    public long Size => Older.Add(Current).Sum(SizeOf);

    /// <summary>Makes a content the current one and keeps a number of the latest, itself included; 0 for all.</summary>
    public ModelFile Replace(int content, int keep)
    {
        var older = (Current == 0 ? Older : Older.Add(Current)).Remove(content);
        return new ModelFile(content, keep == 0 ? older : [.. older.Reverse().Take(keep - 1)]);
    }

    public static string Line(string path, long size, IEnumerable<long> olderSizes) => $"{path} {size} [{string.Join(' ', olderSizes.Order())}]";

    public override IEnumerable<string> Print(string path) => [Line(path, SizeOf(Current), Older.Select(SizeOf))];
}

/// <summary>A folder.</summary>
internal sealed record ModelFolder(ImmutableSortedDictionary<string, ModelEntry> Entries) : ModelEntry
{
    public static ModelFolder Empty { get; } = new(ImmutableSortedDictionary.Create<string, ModelEntry>(StringComparer.Ordinal));

    public ModelFolder With(string name, ModelEntry entry) => new(Entries.SetItem(name, entry));

    public override IEnumerable<string> Print(string path) => [path + "/", .. Entries.SelectMany(e => e.Value.Print($"{path}/{e.Key}"))];
}

/// <summary>An entry of the trash, with the path that it was at.</summary>
internal sealed record ModelTrashed(FilePath Origin, ModelEntry Entry)
{
    public string Text { get; } = string.Join('\n', Entry.Print($"trash:{Origin}"));
}

/// <summary>The expected result of an operation.</summary>
/// <param name="Code">Its answer.</param>
/// <param name="Drive">The drive afterwards.</param>
/// <param name="Halfway">Leftovers that a process may leave if it dies, beside the drive before and the drive afterwards.</param>
internal sealed record ModelOutcome(ErrorCode Code, ModelDrive Drive, ImmutableList<ModelDrive> Halfway);

/// <summary>One user's drive and trash as a plain tree that never changes: operations make another one.</summary>
internal sealed record ModelDrive(ModelFolder Root, ImmutableList<ModelTrashed> Trash)
{
    /// <summary>Number of versions that a file keeps, the current one included.</summary>
    public const int KeptVersions = 3;

    public static ModelDrive Empty { get; } = new(ModelFolder.Empty, []);

    /// <summary>Bytes charged.</summary>
    public long Used => Files(Root).Concat(Trash.SelectMany(t => Files(t.Entry))).Sum(f => f.Size);

    /// <summary>Paths of all entries but the root.</summary>
    public IReadOnlyList<FilePath> Paths => [.. PathsBelow(FilePath.Root, Root)];

    /// <summary>Paths of all folders, the root first.</summary>
    public IReadOnlyList<FilePath> Folders => [FilePath.Root, .. Paths.Where(p => Find(p) is ModelFolder)];

    /// <summary>Everything, one entry a line.</summary>
    public string Print() => string.Join('\n', Root.Print("").Skip(1).Concat(Trash.Select(t => t.Text)));

    public ModelEntry? Find(FilePath path) =>
        path.Segments.Aggregate((ModelEntry?)Root, (entry, name) => entry is ModelFolder folder ? folder.Entries.GetValueOrDefault(name) : null);

    public ModelOutcome Create(FilePath path, ModelEntry entry) => Find(path) is null ? Put(path, entry) : Refuse(ErrorCode.ObjectExists);

    public ModelOutcome Write(FilePath path, int content, bool overwrites) => Find(path) switch
    {
        null => Put(path, new ModelFile(content, [])),
        ModelFile file when overwrites => Done(this with { Root = Set(Root, path.Segments, file.Replace(content, KeptVersions)) }),
        _ => Refuse(ErrorCode.ObjectExists),
    };

    public ModelOutcome SetCurrent(FilePath path, int version) => Find(path) switch
    {
        ModelFile file when file.Current == version => Done(this),
        ModelFile file when file.Older.Contains(version) => Done(this with { Root = Set(Root, path.Segments, file.Replace(version, keep: 0)) }),
        _ => Refuse(ErrorCode.BlobNotFound),
    };

    public ModelOutcome DeleteVersion(FilePath path, int version) => Find(path) switch
    {
        ModelFile file when file.Current == version => Refuse(ErrorCode.NoPermission),
        ModelFile file when file.Older.Contains(version) =>
            Done(this with { Root = Set(Root, path.Segments, file with { Older = file.Older.Remove(version) }) }),
        _ => Refuse(ErrorCode.BlobNotFound),
    };

    public ModelOutcome Rename(FilePath path, string name) =>
        path.Name == name ? Done(this) : MoveTo(path, path.Parent.Child(name));

    public ModelOutcome Move(FilePath path, FilePath folder, string? name) =>
        IsWithin(path, folder) ? Refuse(ErrorCode.NoPermission) : MoveTo(path, folder.Child(name ?? path.Name));

    public ModelOutcome Copy(FilePath path, FilePath folder, string? name)
    {
        if (IsWithin(path, folder))
            return Refuse(ErrorCode.NoPermission);
        var target = folder.Child(name ?? path.Name);
        return Find(target) is null ? Put(target, Find(path)!) : Refuse(ErrorCode.ObjectExists);
    }

    public ModelOutcome MoveToTrash(FilePath path) =>
        Done(WithTrash(Trash.Add(new ModelTrashed(path, Find(path)!))) with { Root = Set(Root, path.Segments, null) });

    public ModelOutcome Restore(int index, FilePath? folder)
    {
        var (origin, entry) = Trash[index];
        var target = folder is null ? origin : folder.Child(origin.Name);
        if (Find(target.Parent) is not ModelFolder)
            return Refuse(ErrorCode.PathNotFound);
        return Find(target) is null
            ? Done(this with { Root = Set(Root, target.Segments, entry), Trash = Trash.RemoveAt(index) })
            : Refuse(ErrorCode.ObjectExists);
    }

    public ModelOutcome Delete(FilePath path) => Done(this with { Root = Set(Root, path.Segments, null) });

    public ModelOutcome DeleteTrashed(int index) => Done(this with { Trash = Trash.RemoveAt(index) });

    /// <summary>Deletes all of the trash, from the first one on.</summary>
    public ModelOutcome EmptyTrash() =>
        Done(this with { Trash = [] }) with { Halfway = [.. Enumerable.Range(1, Trash.Count).Select(n => this with { Trash = Trash.RemoveRange(0, n) })] };

    /// <summary>The trash in the order of its text, so that an entry of the store is found by its place.</summary>
    private ModelDrive WithTrash(IEnumerable<ModelTrashed> trash) => this with { Trash = [.. trash.OrderBy(t => t.Text, StringComparer.Ordinal)] };

    private ModelOutcome MoveTo(FilePath path, FilePath target) => Find(target) is null
        ? Done(this with { Root = Set(Set(Root, path.Segments, null), target.Segments, Find(path)) })
        : Refuse(ErrorCode.ObjectExists);

    /// <summary>Adds an entry at a free path; missing folders above come first, one after the other.</summary>
    private ModelOutcome Put(FilePath path, ModelEntry entry)
    {
        var halfway = ImmutableList<ModelDrive>.Empty;
        var root = Root;
        for (var depth = 1; depth < path.Depth; depth++)
        {
            var folder = new FilePath([.. path.Segments.Take(depth)]);
            var found = (this with { Root = root }).Find(folder);
            if (found is ModelFile)
                return Refuse(ErrorCode.ObjectExists);
            if (found is null)
            {
                root = Set(root, folder.Segments, ModelFolder.Empty);
                halfway = halfway.Add(this with { Root = root });
            }
        }
        return Done(this with { Root = Set(root, path.Segments, entry) }) with { Halfway = halfway };
    }

    private ModelOutcome Refuse(ErrorCode code) => new(code, this, []);

    private static ModelOutcome Done(ModelDrive drive) => new(ErrorCode.Ok, drive, []);

    private static ModelFolder Set(ModelFolder folder, IEnumerable<string> path, ModelEntry? entry)
    {
        var name = path.First();
        var rest = path.Skip(1).ToList();
        if (rest.Count > 0)
            return folder.With(name, Set((ModelFolder)folder.Entries[name], rest, entry));
        return entry is null ? new ModelFolder(folder.Entries.Remove(name)) : folder.With(name, entry);
    }

    private bool IsWithin(FilePath path, FilePath folder) => Find(path) is ModelFolder && folder.Segments.Take(path.Depth).SequenceEqual(path.Segments);

    private static IEnumerable<FilePath> PathsBelow(FilePath path, ModelFolder folder) =>
        folder.Entries.SelectMany(e => (IEnumerable<FilePath>)[path.Child(e.Key), .. e.Value is ModelFolder below ? PathsBelow(path.Child(e.Key), below) : []]);

    private static IEnumerable<ModelFile> Files(ModelEntry entry) => entry switch
    {
        ModelFile file => [file],
        ModelFolder folder => folder.Entries.Values.SelectMany(Files),
        _ => [],
    };
}
