using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.Captchas.Pictures;

/// <summary>
/// The built-in captcha. Nothing is stored when a picture is made: the ticket is a random number with its expiry, signed with the site's
/// secret, once alone and once together with the answer. When an answer arrives, the number is recorded first, so that no ticket accepts
/// a second one, whether the first was right or wrong.
/// </summary>
/// <param name="layout">The storage of used tickets.</param>
/// <param name="clock">Determines which have expired.</param>
public sealed class PictureCaptcha(StorageLayout layout, TimeProvider clock) : ICaptchaVerifier
{
    /// <summary>The time that a picture may be answered (contract, section 6).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    private const int NonceLength = 16;
    private const int StampLength = NonceLength + sizeof(long);
    private const int SealLength = 16;
    private const int TicketLength = StampLength + SealLength + HMACSHA256.HashSizeInBytes;
    private const int MaxAnswer = 32;
    private const string Use = "use";

    /// <inheritdoc/>
    string ICaptchaVerifier.Type => CaptchaSetting.Picture;

    /// <summary>Makes a picture with its ticket. No transaction.</summary>
    public CaptchaChallenge Create(SiteSettings site)
    {
        var question = CaptchaQuestion.Draw(site);
        return new CaptchaChallenge(CaptchaPicture.Draw(question.Text, site), CreateTicket(site, question.Answer));
    }

    /// <summary>A ticket of an answer.</summary>
    /// <param name="site">The site, for its secret.</param>
    /// <param name="answer">In upper case.</param>
    public string CreateTicket(SiteSettings site, string answer)
    {
        var ticket = new byte[TicketLength];
        var stamp = ticket.AsSpan(0, StampLength);
        RandomNumberGenerator.Fill(stamp[..NonceLength]);
        BinaryPrimitives.WriteInt64BigEndian(stamp[NonceLength..], (clock.GetUtcNow() + Lifetime).ToUnixTimeSeconds());
        Seal(site, stamp).CopyTo(ticket.AsSpan(StampLength));
        HashAnswer(site, stamp, answer).CopyTo(ticket.AsSpan(StampLength + SealLength));
        return Base64Url.EncodeToString(ticket);
    }

    /// <inheritdoc/>
    async Task<bool> ICaptchaVerifier.VerifyAsync(SiteSettings site, CaptchaAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Captcha is not { Length: > 0 and <= MaxAnswer } text || !TryRead(site, answer.Ticket, out var ticket))
            return false;
        if (!await UseAsync(ticket, cancellationToken))
            return false;
        var expected = HashAnswer(site, ticket.AsSpan(0, StampLength), text.Trim().ToUpperInvariant());
        return CryptographicOperations.FixedTimeEquals(expected, ticket.AsSpan(StampLength + SealLength));
    }

    /// <summary>Checks whether a ticket was issued by this site and has not expired: forged tickets must not fill the table.</summary>
    private bool TryRead(SiteSettings site, string? text, out byte[] ticket)
    {
        ticket = new byte[TicketLength];
        return text is not null
            && Base64Url.DecodeFromChars(text, ticket, out _, out var length) == OperationStatus.Done && length == TicketLength
            && CryptographicOperations.FixedTimeEquals(Seal(site, ticket.AsSpan(0, StampLength)), ticket.AsSpan(StampLength, SealLength))
            && clock.GetUtcNow() < EndOf(ticket);
    }

    /// <summary>Records that a ticket was used; false when it was used before.</summary>
    private async Task<bool> UseAsync(byte[] ticket, CancellationToken cancellationToken)
    {
        var nonce = Convert.ToHexStringLower(ticket.AsSpan(0, NonceLength));
        // The first characters spread the rows.
        var partition = "captcha-" + nonce[..2];
        var use = Guid.NewGuid();
        try
        {
            await layout.Sessions.InsertAsync(new Row(partition, nonce) { [SessionSweep.ExpiresAt] = EndOf(ticket), [Use] = use }, cancellationToken);
            return true;
        }
        catch (StorageExistsException)
        {
            // The first try of this call may have recorded it, and its response was lost.
            return (await layout.Sessions.FindAsync(partition, nonce, cancellationToken))?[Use] is Guid known && known == use;
        }
    }

    private static DateTimeOffset EndOf(byte[] ticket) =>
        DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(ticket.AsSpan(NonceLength, sizeof(long))));

    private static byte[] Seal(SiteSettings site, ReadOnlySpan<byte> stamp) =>
        HMACSHA256.HashData(Key(site, "cloudreve captcha ticket v1"u8), stamp)[..SealLength];

    private static byte[] HashAnswer(SiteSettings site, ReadOnlySpan<byte> stamp, string answer)
    {
        byte[] content = [.. stamp, .. Encoding.UTF8.GetBytes(answer)];
        return HMACSHA256.HashData(Key(site, "cloudreve captcha answer v1"u8), content);
    }

    private static byte[] Key(SiteSettings site, ReadOnlySpan<byte> purpose) =>
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey)), purpose);
}
