using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site.Settings;

/// <summary>
/// The site's settings: one row for each in partition <c>setting</c> of the table of site rows. Readers see a change by
/// this process at once and one of another process after <see cref="MaxAge"/> at most, unless storage is slow or down.
/// </summary>
public sealed class SettingStore
{
    /// <summary>The maximum age of cached settings.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Their maximum age while they cannot be read: well below the age at which a key of theirs begins to sign, so that no instance meets a
    /// token of a key that it does not know.
    /// </summary>
    internal static readonly TimeSpan MaxStale = TimeSpan.FromMinutes(5);

    private const int MaxTries = 10;
    private const string Partition = "setting";
    private const string Value = "value";

    private readonly StorageLayout _layout;
    private readonly OperatorRules _rules;
    private readonly SealingKeys _keys;
    private readonly AgedValue<SiteSettings> _current;

    /// <summary>Creates the store; reads nothing yet.</summary>
    /// <param name="clock">Determines the age of what was read.</param>
    /// <param name="rules">The resources that settings may reach on the machine; null for none.</param>
    /// <param name="keys">Seal secrets; null to store them as they are.</param>
    public SettingStore(StorageLayout layout, TimeProvider clock, OperatorRules? rules = null, SealingKeys? keys = null)
    {
        _layout = layout;
        _rules = rules ?? new OperatorRules();
        _keys = keys ?? SealingKeys.None;
        _current = new AgedValue<SiteSettings>(ReadAsync, new AgeLimits(MaxAge, MaxStale), clock);
    }

    /// <summary>The keys that seal secrets.</summary>
    internal SealingKeys Keys => _keys;

    /// <summary>The settings. One transaction when they are too old, none otherwise.</summary>
    public ValueTask<SiteSettings> GetAsync(CancellationToken cancellationToken = default) => _current.GetAsync(cancellationToken);

    /// <summary>Stores settings atomically. One transaction.</summary>
    /// <param name="values">At most 100 texts by key; each of at most <see cref="SettingChange.MaxText"/> characters.</param>
    public async Task SetAsync(IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken = default)
    {
        var batch = new TableBatch(Partition);
        foreach (var (key, value) in values)
            batch.Upsert(Describe(key, value));
        await _layout.Site.SubmitAsync(batch, cancellationToken);
        _current.Forget();
    }

    /// <summary>
    /// Changes one setting based on its current value: of several concurrent changes none is lost. Two transactions unless there are others;
    /// one when nothing is to be changed.
    /// </summary>
    /// <param name="key">The setting.</param>
    /// <param name="change">
    /// Builds the new text from the stored one, which is empty while none is stored; null to leave it. It may be called again, and leaves what
    /// it has changed before.
    /// </param>
    internal async Task ChangeAsync(string key, Func<string, string?> change, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var row = await _layout.Site.FindAsync(Partition, key, cancellationToken);
            if (change(row is null ? "" : Read(row)) is not { } text)
                break;
            try
            {
                await (row is null
                    ? _layout.Site.InsertAsync(Describe(key, text), cancellationToken)
                    : _layout.Site.ReplaceAsync(Describe(key, text), row.ETag, cancellationToken));
                break;
            }
            catch (StorageException e) when (e is StorageChangedException or StorageExistsException or StorageNotFoundException && tries < MaxTries)
            {
                // Another call was faster, or a response was lost: the current value decides.
            }
        }
        _current.Forget();
    }

    /// <summary>Stores settings unless they have been stored before: the first writer decides, for all of them.</summary>
    /// <param name="values">At most 100 texts by key.</param>
    internal async Task SeedAsync(IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(Partition);
        foreach (var (key, value) in values)
            batch.Insert(Describe(key, value));
        try
        {
            await _layout.Site.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageExistsException)
        {
            // Seeded before: that batch was atomic as well.
        }
        _current.Forget();
    }

    /// <summary>Seals secrets that are stored as they are, or under an earlier key.</summary>
    internal async Task SealAsync(CancellationToken cancellationToken)
    {
        await SealedRows.RenewAsync(
            _layout.Site, Partition, row => !IsSecret(row.RowKey) || SealedColumn.IsCurrent(row, Value, _keys), row => Describe(row.RowKey, Read(row)),
            cancellationToken);
        _current.Forget();
    }

    private static bool IsSecret(string key) => SettingChange.Find(key) is { IsSecret: true };

    private Row Describe(string key, string value)
    {
        var row = new Row(Partition, key);
        SealedColumn.Write(row, Value, value, IsSecret(key) ? _keys : SealingKeys.None);
        return row;
    }

    private string Read(Row row)
    {
        var text = SealedColumn.Read(row, Value, _keys);
        return SettingChange.Find(row.RowKey) is { IsJson: true } ? SettingJson.WithoutNull(text) : text;
    }

    private async Task<SiteSettings> ReadAsync(CancellationToken cancellationToken)
    {
        var stored = new Dictionary<string, string>();
        await foreach (var row in _layout.Site.QueryAsync(new RowRange(Partition), cancellationToken))
            stored[row.RowKey] = Read(row);
        return new SiteSettings(stored, _rules);
    }
}
