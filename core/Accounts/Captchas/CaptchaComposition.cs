using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Accounts.Captchas.Providers;
using Cloudreve.Core.Infrastructure.Outgoing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Accounts.Captchas;

/// <summary>Adds captchas.</summary>
public static class CaptchaComposition
{
    /// <summary>Adds the services. The storage layout and the clock come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddCaptchas(this IServiceCollection services)
    {
        services.AddOutgoing();
        services.TryAddSingleton(new CaptchaProviders());
        services.TryAddSingleton<PictureCaptcha>();
        services.TryAddSingleton(provider => new CaptchaGate(
        [
            provider.GetRequiredService<PictureCaptcha>(),
            .. SiteVerifyCaptcha.All(provider.GetRequiredService<CaptchaProviders>(), provider.GetRequiredService<OutgoingHttp>()),
        ]));
        return services;
    }
}
