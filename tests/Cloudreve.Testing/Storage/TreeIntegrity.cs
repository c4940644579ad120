using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Testing.Storage;

/// <summary>The findings of <see cref="TreeIntegrity"/>.</summary>
/// <param name="Problems">Inconsistencies, in words: something is lost, there twice, or wrongly charged.</param>
/// <param name="Leftovers">Rows that nothing refers to and nobody can reach: harmless, but they take space.</param>
public sealed record TreeFindings(IReadOnlyList<string> Problems, IReadOnlyList<string> Leftovers)
{
    /// <summary>Both kinds.</summary>
    public IReadOnlyList<string> All => [.. Problems, .. Leftovers];
}

/// <summary>
/// Reads all rows of a site's drives and compares them with each other: names with entries, entries with id rows, folders with
/// headers, files with entities, and the bytes in use with the files. It knows the layout of the rows by itself and shares no code
/// with the product, so a mistake there does not hide here.
/// </summary>
public sealed class TreeIntegrity
{
    // Ids below this one are the users' root folders, which have neither a name nor an id row.
    private const long FirstFileId = 1L << 32;
    private const int Folder = 1;

    private readonly List<string> _problems = [];
    private readonly List<string> _leftovers = [];
    private readonly Dictionary<long, string> _folders = [];
    private readonly List<Row> _names = [];
    private readonly HashSet<(string Partition, string Kind, long Id)> _entries = [];

    private TreeIntegrity()
    {
    }

    /// <summary>Compares the rows of a site at rest.</summary>
    /// <param name="account">The storage account.</param>
    /// <param name="prefix">Prefix of the site's names.</param>
    public static async Task<TreeFindings> CheckAsync(StorageAccount account, string prefix)
    {
        var check = new TreeIntegrity();
        await check.ReadTreeAsync(account.Table(prefix + "files"));
        check.CompareNamesWithEntries();
        await check.CompareWithIdRowsAsync(account.Table(prefix + "fileids"));
        await check.CompareWithEntitiesAsync(account.Table(prefix + "entities"));
        await check.CompareWithQuotaAsync(account.Table(prefix + "quotas"));
        return new TreeFindings(check._problems, check._leftovers);
    }

    private async Task ReadTreeAsync(Table files)
    {
        await foreach (var row in files.ScanAsync())
        {
            if (row.RowKey == "!")
                _folders.Add(row.RequiredNumber("id"), row.PartitionKey);
            else if (row.RowKey.StartsWith("n|", StringComparison.Ordinal))
                _names.Add(row);
            else if (row.RowKey.StartsWith("w|", StringComparison.Ordinal))
                _leftovers.Add($"The write {row.RowKey} is not settled.");
            else if (row.RowKey[..2] is "F|" or "D|" or "d|")
                _entries.Add((row.PartitionKey, row.RowKey[..2], row.RequiredNumber("id")));
        }
    }

    private void CompareNamesWithEntries()
    {
        var partitions = _folders.Values.ToHashSet();
        foreach (var name in _names)
        {
            var id = name.RequiredNumber("id");
            string[] kinds = IsFolder(name) ? ["D|", "d|"] : ["F|"];
            foreach (var kind in kinds.Where(kind => !_entries.Remove((name.PartitionKey, kind, id))))
                _problems.Add($"The name {name.RowKey} has no row {kind} of its id {id}.");
            if (IsFolder(name) && !_folders.ContainsKey(id))
                _problems.Add($"The folder {name.RowKey} with the id {id} has no header.");
            if (!partitions.Contains(name.PartitionKey))
                _problems.Add($"The name {name.RowKey} is in a folder without a header.");
        }
        _problems.AddRange(_entries.Select(entry => $"The row {entry.Kind} of the id {entry.Id} has no name."));
        _problems.AddRange(_names.CountBy(name => name.RequiredNumber("id")).Where(n => n.Value > 1).Select(n => $"The id {n.Key} has {n.Value} names."));
        var named = _names.Where(IsFolder).Select(name => name.RequiredNumber("id")).ToHashSet();
        _leftovers.AddRange(_folders.Keys.Where(id => id >= FirstFileId && !named.Contains(id)).Select(id => $"The header of the folder {id} belongs to no entry."));
    }

    private async Task CompareWithIdRowsAsync(Table ids)
    {
        var parents = _folders.ToDictionary(folder => folder.Value, folder => folder.Key);
        var expected = _names.GroupBy(name => name.RequiredNumber("id")).ToDictionary(group => group.Key, group => group.First());
        await foreach (var row in ids.ScanAsync())
        {
            var id = long.Parse(row.RowKey, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            // Blocks an id permanently, so that an undone copy cannot be created late.
            if (row.RequiredNumber("p") == long.MinValue && row.RequiredNumber("v") == 0)
                continue;
            if (!expected.Remove(id, out var name))
                _leftovers.Add($"The id row {id} belongs to no entry.");
            else if (parents.GetValueOrDefault(name.PartitionKey) != row.RequiredNumber("p"))
                _problems.Add($"The id row {id} names another folder than the one that holds the entry.");
        }
        _problems.AddRange(expected.Keys.Select(id => $"The entry {id} has no id row."));
    }

    private async Task CompareWithEntitiesAsync(Table entities)
    {
        var expected = _names.Where(name => !IsFolder(name))
            .SelectMany(name => EntitiesOf(name).Select(entity => (Entity: entity, File: name.RequiredNumber("id")))).ToHashSet();
        var existing = new HashSet<long>();
        var referred = new HashSet<long>();
        await foreach (var row in entities.ScanAsync())
        {
            var keys = row.RowKey.Split('|').Select(key => long.Parse(key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToList();
            var file = keys.Count == 2 ? keys[1] : row.Number("f") ?? 0;
            if (keys.Count == 1)
                existing.Add(keys[0]);
            if (file == 0)
                continue;
            if (expected.Remove((keys[0], file)))
                referred.Add(keys[0]);
            else
                _leftovers.Add($"The file {file} is noted for the entity {keys[0]}, but does not refer to it.");
        }
        _problems.AddRange(expected.Select(r => existing.Contains(r.Entity)
            ? $"The file {r.File} refers to the entity {r.Entity}, which does not know."
            : $"The file {r.File} refers to the entity {r.Entity}, which does not exist."));
        _problems.AddRange(referred.Where(id => !existing.Contains(id)).Select(id => $"A reference to the entity {id} is left, which does not exist."));
        _leftovers.AddRange(existing.Where(id => !referred.Contains(id)).Select(id => $"No file refers to the entity {id}."));
    }

    private static IEnumerable<long> EntitiesOf(Row name) =>
        Links(name).Select(link => link.Id).Concat(name.Number("e") is > 0 and long primary ? [primary] : []);

    // id.type.size.ticks;...
    private static IEnumerable<(long Id, long Type, long Size)> Links(Row name) => (name.Text("es") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
        .Select(link => link.Split('.').Select(part => long.Parse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)).ToList())
        .Select(parts => (parts[0], parts[1], parts[2]));

    private async Task CompareWithQuotaAsync(Table quotas)
    {
        var used = _names.GroupBy(name => name.Number("o") ?? 0).Where(owner => owner.Key > 0)
            .ToDictionary(owner => "u" + owner.Key.ToString("x", CultureInfo.InvariantCulture), owner => owner.Sum(name => (name.Number("s") ?? 0) + Links(name).Where(link => link.Type != 1).Sum(link => link.Size)));
        await foreach (var row in quotas.ScanAsync("RowKey eq 'total'"))
        {
            used.Remove(row.PartitionKey, out var bytes);
            if (bytes != row.RequiredNumber("used"))
                _problems.Add($"The files of {row.PartitionKey} have {bytes} bytes, but {row.RequiredNumber("used")} are charged.");
        }
        _problems.AddRange(used.Where(owner => owner.Value > 0).Select(owner => $"The {owner.Value} bytes of {owner.Key} are not charged."));
    }

    private static bool IsFolder(Row name) => name.RequiredNumber("t") == Folder;
}
