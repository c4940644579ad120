using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>The location of the counters for attempts on one secret.</summary>
internal readonly record struct AttemptKey(string Partition, string RowKey);

/// <summary>
/// Limits guessing, across instances, without giving anybody the means to lock out an account. A client address has
/// <see cref="MaxFailures"/> failures in a <see cref="Window"/>; then that address alone has to wait. Guessing from many addresses is
/// slowed: after <see cref="MaxTotalFailures"/> failures one attempt in <see cref="Spacing"/> is checked. Addresses from which the
/// secret was right within <see cref="TrustAge"/> are not slowed by the guesses of others, and neither are clients that solve a captcha, up to
/// <see cref="MaxSolvedFailures"/> failures.
/// </summary>
/// <param name="clock">Determines when a window ends.</param>
public sealed class AttemptLimiter(StorageLayout layout, TimeProvider clock)
{
    /// <summary>Maximum number of failures from one address within a window.</summary>
    public const int MaxFailures = 10;

    /// <summary>Number of failures of all addresses in a window after which attempts are spaced out.</summary>
    public const int MaxTotalFailures = 50;

    /// <summary>Maximum number of failures within a window for clients that solve captchas: programs solve them as well.</summary>
    public const int MaxSolvedFailures = 200;

    /// <summary>The time that failures count, from the first one.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    /// <summary>The time between checked attempts while an account is attacked from many addresses.</summary>
    public static readonly TimeSpan Spacing = TimeSpan.FromSeconds(30);

    /// <summary>The time that an address counts as the owner's after a success.</summary>
    public static readonly TimeSpan TrustAge = TimeSpan.FromDays(30);

    // Failures on mail addresses without an account, which leave no rows that strangers could fill the table with.
    private const int NobodysRemembered = 10_000;
    private const int UnknownRows = 64;

    private readonly BoundedCache<string, Row> _unknown = new(NobodysRemembered, clock);

    // A success is recorded again when its record is older than this, so that not every sign-in writes.
    private static readonly TimeSpan TrustRenewal = TimeSpan.FromDays(1);

    /// <summary>Checks whether an attempt is allowed. No transaction.</summary>
    /// <param name="row">The row of the attempts; null when there is none.</param>
    /// <param name="client">The client that makes the attempt.</param>
    internal bool Allows(Row? row, ClientAddress client) => Judge(row, client) == AttemptVerdict.Allowed;

    /// <summary>Decides on an attempt. No transaction.</summary>
    /// <param name="row">The row of the attempts; null when there is none.</param>
    /// <param name="client">The client that makes the attempt.</param>
    /// <param name="hasSolved">True if the client has solved a captcha for it.</param>
    internal AttemptVerdict Judge(Row? row, ClientAddress client, bool hasSolved = false)
    {
        var record = AttemptRecord.Read(row);
        if (record.Addresses.TryGetValue(client.Key, out var own) && IsOpen(own) && own.Count >= MaxFailures)
            return AttemptVerdict.Refused;
        var isSlowed = record.Total is { } total && IsOpen(total) && total.Count >= MaxTotalFailures && clock.GetUtcNow() < record.NextAt;
        if (!isSlowed || IsTrusted(record, client))
            return AttemptVerdict.Allowed;
        if (record.Solved is { } solved && IsOpen(solved) && solved.Count >= MaxSolvedFailures)
            return AttemptVerdict.Refused;
        return hasSolved ? AttemptVerdict.Allowed : AttemptVerdict.NeedsCaptcha;
    }

    /// <summary>Checks whether the right secret came from a client's address recently. No transaction.</summary>
    /// <param name="row">The row of the attempts; null when there is none.</param>
    internal bool Knows(Row? row, ClientAddress client) => row is not null && IsTrusted(AttemptRecord.Read(row), client);

    /// <summary>Counts a failure: one transaction, two more for each competing call.</summary>
    /// <param name="key">The key under which it is counted.</param>
    /// <param name="row">The row as it was read; null when there was none.</param>
    /// <param name="client">The client that made the attempt.</param>
    /// <param name="hasSolved">True if the client has solved a captcha for it.</param>
    internal Task CountFailureAsync(AttemptKey key, Row? row, ClientAddress client, CancellationToken cancellationToken, bool hasSolved = false) =>
        UpdateAsync(key, row, record => WithFailure(record, client, hasSolved), cancellationToken);

    /// <summary>The attempts on a secret that does not exist, as far as this process knows. No transaction.</summary>
    internal Row? FindUnknown(AttemptKey key) => _unknown.Find(key.Partition);

    /// <summary>
    /// Counts a failure on a secret that does not exist, in this process alone. One transaction like that of a failure that is stored, so
    /// that both take the same time: it overwrites one of a few rows.
    /// </summary>
    /// <param name="key">The key under which it would be counted.</param>
    /// <param name="row">The result of <see cref="FindUnknown"/>.</param>
    /// <param name="client">The client that made the attempt.</param>
    /// <param name="hasSolved">True if the client has solved a captcha for it.</param>
    internal Task CountUnknownFailureAsync(AttemptKey key, Row? row, ClientAddress client, CancellationToken cancellationToken, bool hasSolved = false)
    {
        var until = clock.GetUtcNow() + Window;
        var counted = WithFailure(AttemptRecord.Read(row), client, hasSolved).Describe(key.Partition, key.RowKey, until);
        _unknown.Keep(key.Partition, counted, until);
        var partition = UserRows.UnknownPartition(RandomNumberGenerator.GetInt32(UnknownRows));
        return layout.Users.UpsertAsync(counted.CopyTo(partition, key.RowKey), cancellationToken);
    }

    /// <summary>Forgets the address's failures and trusts it: no transaction where there is nothing to change, one otherwise.</summary>
    /// <param name="key">The key under which attempts are counted.</param>
    /// <param name="row">The row as it was read; null when there was none.</param>
    /// <param name="client">The client that made the attempt.</param>
    internal async Task CountSuccessAsync(AttemptKey key, Row? row, ClientAddress client, CancellationToken cancellationToken)
    {
        var record = AttemptRecord.Read(row);
        if (!record.Addresses.ContainsKey(client.Key) && record.Trusted.TryGetValue(client.Key, out var at) && clock.GetUtcNow() < at + TrustRenewal)
            return;
        await UpdateAsync(key, row, old => WithSuccess(old, client), cancellationToken);
    }

    private bool IsOpen(AttemptWindow window) => clock.GetUtcNow() < window.Since + Window;

    private bool IsTrusted(AttemptRecord record, ClientAddress client) =>
        record.Trusted.TryGetValue(client.Key, out var at) && clock.GetUtcNow() < at + TrustAge;

    private AttemptWindow Next(AttemptWindow? window) =>
        window is not null && IsOpen(window) ? window with { Count = window.Count + 1 } : new AttemptWindow(1, clock.GetUtcNow());

    private AttemptRecord WithFailure(AttemptRecord record, ClientAddress client, bool hasSolved)
    {
        var addresses = record.Addresses.Where(pair => IsOpen(pair.Value)).OrderByDescending(pair => pair.Value.Since)
            .Take(AttemptRecord.MaxAddresses - 1).ToDictionary(StringComparer.Ordinal);
        addresses[client.Key] = Next(record.Addresses.GetValueOrDefault(client.Key));
        if (IsTrusted(record, client))
            return record with { Addresses = addresses };
        var total = Next(record.Total);
        return record with
        {
            Addresses = addresses,
            Total = total,
            Solved = hasSolved ? Next(record.Solved) : record.Solved,
            NextAt = total.Count >= MaxTotalFailures ? clock.GetUtcNow() + Spacing : null,
        };
    }

    private AttemptRecord WithSuccess(AttemptRecord record, ClientAddress client)
    {
        var trusted = record.Trusted.Where(pair => clock.GetUtcNow() < pair.Value + TrustAge && pair.Key != client.Key)
            .OrderByDescending(pair => pair.Value).Take(AttemptRecord.MaxTrusted - 1).ToDictionary(StringComparer.Ordinal);
        trusted[client.Key] = clock.GetUtcNow();
        return record with
        {
            Addresses = record.Addresses.Where(pair => IsOpen(pair.Value) && pair.Key != client.Key).ToDictionary(StringComparer.Ordinal),
            Trusted = trusted,
        };
    }

    private async Task UpdateAsync(AttemptKey key, Row? row, Func<AttemptRecord, AttemptRecord> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            var updated = change(AttemptRecord.Read(row)) is var record && record.Trusted.Count > 0
                ? record.Describe(key.Partition, key.RowKey, clock.GetUtcNow() + TrustAge)
                : record.Describe(key.Partition, key.RowKey, clock.GetUtcNow() + Window);
            try
            {
                if (row is null)
                    await layout.Users.InsertAsync(updated, cancellationToken);
                else
                    await layout.Users.ReplaceAsync(updated, row.ETag, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageExistsException or StorageChangedException or StorageNotFoundException)
            {
                // Another instance counted in between.
                row = await layout.Users.FindAsync(key.Partition, key.RowKey, cancellationToken);
            }
        }
    }
}
