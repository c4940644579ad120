namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// Remembers that an account's password is being guessed from many addresses. While that lasts, sign-in pages offer a captcha: a client that
/// solves it need not wait. Each process that sees the guesses remembers them by itself.
/// </summary>
/// <param name="clock">Ends the memory.</param>
public sealed class SignInPressure(TimeProvider clock)
{
    private long _untilTicks;

    /// <summary>Checks whether there are such guesses.</summary>
    public bool IsHigh => clock.GetUtcNow().UtcTicks < Interlocked.Read(ref _untilTicks);

    /// <summary>Records a guess.</summary>
    internal void Note() => Interlocked.Exchange(ref _untilTicks, (clock.GetUtcNow() + AttemptLimiter.Window).UtcTicks);
}
