using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Locks of viewers: locks of the drive that expire after 30 minutes and that the viewer names as it likes (contract, section 16).</summary>
/// <param name="clock">Determines when they end.</param>
internal sealed class WopiLocks(DriveLocks locks, TimeProvider clock)
{
    private const string Type = "viewer";

    // The protocol's limit for viewers' names of locks.
    private const int MaxCharacters = 1024;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <summary>Takes the lock, extends it if the viewer has it, or exchanges the viewer's earlier lock for it.</summary>
    /// <param name="name">The viewer's own name for the lock.</param>
    /// <param name="earlier">The name of the lock that it gives up; null for none.</param>
    /// <exception cref="WopiException">409: another lock conflicts; 400: the name is missing or too long.</exception>
    public async Task LockAsync(WopiFile file, string? name, string? earlier, CancellationToken cancellationToken)
    {
        CheckName(name);
        var control = await locks.ReadAsync(file.File.OwnerId, cancellationToken);
        var held = Find(control.Locks, file);
        var expected = string.IsNullOrEmpty(earlier) ? name : earlier;
        if (held is not null && held.Application.ClientLock == expected)
        {
            await RefreshAsync(held with { Application = held.Application with { ClientLock = name } }, cancellationToken);
            return;
        }
        if (held is not null || !string.IsNullOrEmpty(earlier))
            throw Mismatch(held);
        var wanted = new DriveLock
        {
            Token = DriveLocks.NewToken(file.File.OwnerId),
            OwnerId = file.File.OwnerId,
            Path = file.Place.Path,
            Application = new LockApplication(Type, ViewerId: file.Session.ViewerId, ClientLock: name),
            ExpiresAt = clock.GetUtcNow() + Lifetime,
        };
        try
        {
            await locks.AcquireAsync(control, wanted, cancellationToken);
        }
        catch (LockConflictException e)
        {
            throw Mismatch(Find(e.Conflicts, file));
        }
    }

    /// <summary>Extends the viewer's lock.</summary>
    /// <inheritdoc cref="RequireAsync"/>
    public async Task RefreshAsync(WopiFile file, string? name, CancellationToken cancellationToken)
    {
        CheckName(name);
        await RefreshAsync(await RequireAsync(file, name, cancellationToken) ?? throw Mismatch(null), cancellationToken);
    }

    /// <summary>Releases the viewer's lock.</summary>
    /// <inheritdoc cref="RequireAsync"/>
    public async Task UnlockAsync(WopiFile file, string? name, CancellationToken cancellationToken)
    {
        CheckName(name);
        var held = await RequireAsync(file, name, cancellationToken) ?? throw Mismatch(null);
        await locks.ReleaseAsync(held, cancellationToken);
    }

    /// <summary>The lock of a file.</summary>
    /// <param name="name">The viewer's own name for its lock.</param>
    /// <returns>The lock; null when no viewer holds one.</returns>
    /// <exception cref="WopiException">409: another viewer holds it; 400: the name is missing or too long.</exception>
    public async Task<DriveLock?> RequireAsync(WopiFile file, string? name, CancellationToken cancellationToken)
    {
        var held = Find((await locks.ReadAsync(file.File.OwnerId, cancellationToken)).Locks, file);
        return held is null || held.Application.ClientLock == name ? held : throw Mismatch(held);
    }

    /// <summary>A conflict with another lock than the viewer's, or with the absence of the lock that it expects.</summary>
    /// <param name="held">The lock; null when no viewer holds one.</param>
    public static WopiException Mismatch(DriveLock? held) =>
        new(StatusCodes.Status409Conflict, "The lock does not match.") { HeldLock = held?.Application.ClientLock ?? "" };

    private async Task RefreshAsync(DriveLock held, CancellationToken cancellationToken)
    {
        try
        {
            await locks.RefreshAsync(held, clock.GetUtcNow() + Lifetime, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.LockTokenExpired)
        {
            throw Mismatch(null);
        }
    }

    private static DriveLock? Find(IReadOnlyList<DriveLock> locks, WopiFile file) =>
        locks.FirstOrDefault(l => l.Application.Type == Type && l.Path.Equals(file.Place.Path));

    private static void CheckName(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxCharacters || name.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            throw new WopiException(StatusCodes.Status400BadRequest, "The lock is missing or malformed.");
    }
}
