namespace Cloudreve.Load.Clients;

/// <summary>The pace and strictness of clients.</summary>
/// <param name="Pause">The average pause between two actions.</param>
/// <param name="HasBatches">True if they send sixteen requests at once now and then.</param>
/// <param name="Strictness">The refusals that they tolerate.</param>
internal sealed record LoadTempo(TimeSpan Pause, bool HasBatches, Strictness Strictness)
{
    public Task PauseAsync(Random random) => Pause > TimeSpan.Zero ? Task.Delay(Pause * (2 * random.NextDouble())) : Task.CompletedTask;
}

/// <summary>The refusals that clients tolerate.</summary>
/// <param name="IsDisturbed">True if storage is disturbed, or processes are killed, during the run.</param>
internal sealed record Strictness(bool IsDisturbed)
{
    // Busy drives and too many requests; with disturbances also locks of interrupted calls.
    public bool Allows(int code) => code is 409 or 429 || (IsDisturbed && code == 40073);
}
