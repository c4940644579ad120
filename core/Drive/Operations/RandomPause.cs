using System.Security.Cryptography;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>Pauses between tries. Competing calls pause for different times, so that they do not meet again.</summary>
internal static class RandomPause
{
    /// <summary>Waits.</summary>
    /// <param name="clock">The clock to wait by.</param>
    /// <param name="least">At least so many milliseconds.</param>
    /// <param name="most">Less than so many milliseconds.</param>
    public static Task TakeAsync(TimeProvider clock, int least, int most, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(least, most)), clock, cancellationToken);
}
