"""The Hub's services, one package per bounded context, and the kit of mechanisms they share."""
