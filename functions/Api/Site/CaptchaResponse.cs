namespace Cloudreve.Functions.Api.Site;

/// <summary>A captcha.</summary>
/// <param name="Image">Data URI of the picture.</param>
/// <param name="Ticket">Goes back with the answer.</param>
internal sealed record CaptchaResponse(string Image, string Ticket);
